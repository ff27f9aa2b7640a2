"""Pictures and videos, decoded within limits from files that may be hostile.

Decoding runs in child processes; nothing here knows of libraries or encoders.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
