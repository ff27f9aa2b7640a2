"""Finds duplicates, leaks between folders, outliers and poor pictures.

Findings are lists to act on; nothing here changes a file.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
