"""The store of a library: its manifest, its Lance tables, and `Library` over them.

`reading` answers questions, `library` writes, `annotations` holds labels and captions, `maintenance` tidies up.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
