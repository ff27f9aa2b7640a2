"""Small helpers without knowledge of the domain: files, tables, array files, threads, memory.

What needs an encoder, a library or a policy does not belong here.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
