"""Queries become vectors, and vectors find pictures, videos, moments and the video that holds a frame.

Scores are calibrated by query: `relevance` is a probability, and "nothing matches" is an answer.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
