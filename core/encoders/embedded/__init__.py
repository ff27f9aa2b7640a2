"""The default encoder: an image tower and a text tower that come with pip, joined by heads trained here.

It needs no network; its weights are prepared once and stored in the home folder.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
