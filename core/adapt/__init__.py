"""Adapts an encoder to somebody's own pictures: learns small residual maps from captions or labels, on stored vectors.

What is learned is an encoder of its own, see `core.encoders.adapted`. docs/adapting.md has the formulas and figures.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
