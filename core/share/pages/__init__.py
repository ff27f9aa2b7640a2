"""Results, groups, moments and maps saved as one HTML file each.

A page holds its thumbnails and needs no network.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
