"""Files to committed vectors: scan, read, embed, commit, in small atomic steps.

A run that is killed loses the batch in flight at most, and the next run continues it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
