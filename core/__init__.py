"""Semblance: text, images and video in one embedding space.

from core import Library, ingest, open_encoder, parse_query, search, search_videos

encoder = open_encoder()
library = Library("my-library", create=True)
ingest(library, encoder, ["photos", "clips"])
for hit in search(library, encoder, parse_query("a cat")).hits: ...
for hit in search_videos(library, encoder, parse_query("a cat")).hits:
    for moment in hit.moments: ...
"""

from core.encoders import Encoder, encoder_names, open_encoder
from core.encoders.prompts import embed_texts
from core.errors import SemblanceError
from core.library import IngestReport, Item, Library, ingest
from core.library.filters import Filters
from core.library.track import Track, embed_video, track_of
from core.media.sampling import Sampling
from core.progress import Progress
from core.search.images import Hit, SearchResult, search
from core.search.moments import Moment
from core.search.query import Term, embed_query, format_query, parse_query
from core.search.videos import VideoHit, VideoResult, search_videos

__version__ = "0.9.0"

__all__ = [
    "Encoder",
    "Filters",
    "Hit",
    "IngestReport",
    "Item",
    "Library",
    "Moment",
    "Progress",
    "Sampling",
    "SearchResult",
    "SemblanceError",
    "Term",
    "Track",
    "VideoHit",
    "VideoResult",
    "embed_query",
    "embed_texts",
    "embed_video",
    "encoder_names",
    "format_query",
    "ingest",
    "open_encoder",
    "parse_query",
    "search",
    "search_videos",
    "track_of",
]
