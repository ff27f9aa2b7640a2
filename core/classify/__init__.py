"""Classification with named classes (zero-shot), trained heads (few-shot), or both; prediction of numbers.

Predictions, their validation, and the files that heads are saved in.
"""

import lazy_loader

from core.deprecated import renamed_names

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__getattr__ = renamed_names(__name__, __getattr__)
