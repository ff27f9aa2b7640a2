"""The state of a library before a run, so that only new and changed files are embedded."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from core.encoders.base import Encoder
from core.library.ingest.scan import FoundFile
from core.library.schema import Item
from core.library.store import Library
from core.media.sampling import Sampling


def new_item_id(path: str, content_hash: str, taken: Collection[str]) -> str:
    """Derived from path and content, so that a run after a crash between the two writes finds the vectors again."""
    for attempt in range(len(taken) + 1):  # taken where the item was moved away and a copy put in its place
        text = f"{content_hash}\0{attempt}\0{path}".encode(errors="surrogateescape")
        item_id = hashlib.blake2b(text, digest_size=12).hexdigest()
        if item_id not in taken:
            break
    return item_id


@dataclass
class IndexState:
    """The items of a library by path, the ids that have vectors of one encoder, and how videos were sampled.

    sampling: how videos are to be sampled; None accepts any.
    """

    items: dict[str, Item]
    embedded: set[str]
    samplings: dict[str, str]
    sampling: Sampling | None

    @classmethod
    def load(cls, library: Library, encoder: Encoder, sampling: Sampling | None) -> IndexState:
        """Reads the current state."""
        items = (Item.from_row(row) for row in library.items().to_pylist())
        found = {item.path: item for item in items}
        return cls(found, library.vector_ids(encoder.id), library.samplings(encoder.id), sampling)

    def has_vectors(self, item_id: str) -> bool:
        """Whether an item is embedded, and for a video with the right sampling."""
        same = self.sampling is None or self.samplings.get(item_id, str(self.sampling)) == str(self.sampling)
        return item_id in self.embedded and same

    def is_current(self, file: FoundFile) -> bool:
        """Whether a file need not be opened: it has vectors, and its size and modification time are unchanged."""
        item = self.items.get(file.path)
        return (
            item is not None
            and item.status != "failed"
            and self.has_vectors(item.id)
            and (item.bytes, item.mtime_ns) == (file.bytes, file.mtime_ns)
        )
