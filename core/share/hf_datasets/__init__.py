"""Data sets of the Hugging Face hub, or local ones in its formats, as libraries with labels and captions.

Only data is read; no code of a data set is run.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
