"""Thumbnails, storyboards and short clips, made on demand and cached in the home folder.

Caches are bounded. Files that timed out fail immediately for ten minutes.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
