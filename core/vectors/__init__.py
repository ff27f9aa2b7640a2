"""Arithmetic on vectors: exact search in parts (FAISS), neighbors, principal components, ranking metrics, smoothing.

Rows are unit vectors unless a function says otherwise.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
