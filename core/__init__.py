"""Semblance: text, images and video in one embedding space.

from core import Library, ingest, open_encoder, parse_query, search, search_videos

encoder = open_encoder()
library = Library("my-library", create=True)
ingest(library, encoder, ["photos", "clips"])
for hit in search(library, encoder, parse_query("a cat")).hits: ...
for hit in search_videos(library, encoder, parse_query("a cat")).hits:
    for moment in hit.moments: ...

Names load on first use: importing the package costs nothing.
"""

import lazy_loader

from core import deprecated

__version__ = "0.9.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
deprecated.install()
