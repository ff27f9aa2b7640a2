"""What to show next: from content (likes and dislikes), from behavior (logs), or both, with reasons.

`ads` matches sponsored items to a feed.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
