"""The space itself, for lessons and measurements: distances, directions, the modality gap, dimensions, attribution.

Each module is one idea, with the figures that show it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
