"""Words of a text as the items of a layer that learns which word comes next, or stands between others."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
