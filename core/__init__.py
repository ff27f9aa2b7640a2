"""Semblance: text, images and video in one embedding space.

from core import Library, ingest, open_encoder, parse_query, search

encoder = open_encoder()
library = Library("my-library", create=True)
ingest(library, encoder, ["photos"])
for hit in search(library, encoder, parse_query("a cat")).hits: ...
"""

from core.encoders import Encoder, encoder_names, open_encoder
from core.errors import SemblanceError
from core.filters import Filters
from core.library import IngestReport, Item, Library, ingest
from core.progress import Progress
from core.query import Term, embed_query, embed_texts, format_query, parse_query
from core.search import Hit, SearchResult, search

__all__ = [
    "Encoder",
    "Filters",
    "Hit",
    "IngestReport",
    "Item",
    "Library",
    "Progress",
    "SearchResult",
    "SemblanceError",
    "Term",
    "embed_query",
    "embed_texts",
    "encoder_names",
    "format_query",
    "ingest",
    "open_encoder",
    "parse_query",
    "search",
]
