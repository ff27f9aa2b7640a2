"""Runs functions in child processes that can be ended: a crash or a hang costs that call alone.

Arguments and results travel as plain values and arrays, never as pickles.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
