"""The sample library: photos from installed packages, short videos rendered from them, and texts about what they show.

It needs no network and is built once.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
