"""Speed in figures: one module for each `bench` command.

Rates and ratios of one run; nothing here is needed at run time by the app.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
