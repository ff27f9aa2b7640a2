"""The map of a library: layouts, clusters, their names in words, colors and selections.

An `Atlas` holds all of it for one set of points.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
