"""Plotly figures of what the other packages compute.

They hold no theme: text and grid take the colors of the page.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
