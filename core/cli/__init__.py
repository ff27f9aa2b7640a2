"""The command line: options, what each command does, and how its result is printed.

`main` runs one command.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
