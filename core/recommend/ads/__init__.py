"""Sponsored items: campaigns read from a table, and matched to a visitor's likes.

An advertisement is shown only if one fits.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
