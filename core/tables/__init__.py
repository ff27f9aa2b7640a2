"""Tables that people bring: labels, captions, logs, campaigns.

They may come from strangers, so how large a table is gets checked before it is in memory.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
