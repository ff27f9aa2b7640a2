"""Summaries: the few sentences, pictures or frames that stand for many.

What a summary leaves out is a number, `covered`: how near everything is to what was chosen.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
