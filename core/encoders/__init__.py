"""Encoders turn images and texts into unit vectors of one space: their contract, registry and calibration.

The built-in ones are in `embedded` (works offline) and `hub` (CLIP and SigLIP models of transformers).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
