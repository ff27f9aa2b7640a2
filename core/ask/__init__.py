"""Questions answered from a library: the sentences that answer, and the pictures and moments that fit.

Nothing is generated. An answer is a sentence of a document, in its passage, with its place; where no passage answers,
that is what is said.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
