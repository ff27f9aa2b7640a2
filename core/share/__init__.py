"""Vectors out and in, moments and hits as tables, data sets as libraries.

`pages` saves results as single HTML files; `hf_datasets` reads data sets in the formats of the hub.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
