"""A library on disk: Lance tables of items, vectors, labels and captions in one directory.

Its parts read, write, filter and index it; `ingest` fills it and `samples` makes one to try.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
