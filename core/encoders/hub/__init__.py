"""Dual encoders of transformers, by hub id or local folder.

Downloads are checked and reported, weights are loaded on first use, and no code of a model is run.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
