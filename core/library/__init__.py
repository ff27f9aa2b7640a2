"""Libraries: files, their vectors, and how they get there."""

from core.library.ingest.run import IngestReport, ingest
from core.library.schema import EncoderEntry, Item
from core.library.store import Library

__all__ = ["EncoderEntry", "IngestReport", "Item", "Library", "ingest"]
