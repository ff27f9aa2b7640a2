"""Quality in figures, on data that the fit did not see: one module for each `eval` command.

Each returns a small report; nothing here is needed at run time by the app.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
