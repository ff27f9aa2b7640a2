"""Learn an embedding: a layer is trained to predict which movie is watched next.

Ratings go in, epochs come out; the weights of the layer are the vectors.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
