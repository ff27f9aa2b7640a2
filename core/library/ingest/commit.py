"""What an index run is going to write, and in which order."""

from __future__ import annotations

import time
from dataclasses import replace

from core.encoders.base import Encoder
from core.library.ingest.video import Clip
from core.library.schema import Item, VectorRow
from core.library.store import Library

_ROWS = 256
_SECONDS = 3.0
_UNFINISHED = "Its frames are not all embedded yet: index it again to go on where it was stopped."


class Commit:
    """Rows and items that wait to be written. Commits are small, so a killed run loses a few seconds of work.

    Vectors are written before their items: a vector without an item is invisible, and an item always has its vectors.
    Passages are written before both, so that what has vectors has its words as well.
    """

    def __init__(self, library: Library, encoder: Encoder, listed: set[str]) -> None:
        """listed: the ids of the items that have a row in the library."""
        self.library, self.encoder, self.listed = library, encoder, set(listed)
        self.rows: list[VectorRow] = []
        self.copies: list[tuple[str, str]] = []  # (item, the duplicate whose vectors it gets)
        self._copied_s = 0.0  # seconds among them, each about one row
        self.clips: list[Clip] = []  # videos whose frames are not all written
        self.replaced: set[str] = set()  # items whose vectors, of another sampling or older rules, are replaced
        self.redecoded: set[str] = set()  # items whose vectors of other encoders are of older rules
        self.succeeds: dict[str, str] = {}  # items whose files have changed: old id -> new id
        self.items: dict[str, list[Item]] = {"path": [], "id": []}  # by the key under which they are written
        self.last = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether enough rows wait, or enough time has passed."""
        copied = len(self.copies) + self._copied_s
        waiting = len(self.rows) + copied + sum(len(clip.rows) for clip in self.clips)
        return waiting >= _ROWS or time.monotonic() - self.last > _SECONDS

    def copy(self, item_id: str, duplicate: Item) -> None:
        """Gives an item the vectors of its duplicate."""
        self.copies.append((item_id, duplicate.id))
        self._copied_s += duplicate.duration_s or 0.0

    def holds(self, content_hash: str | None) -> bool:
        """Whether a video of this content is being embedded."""
        return any(clip.item.content_hash == content_hash for clip in self.clips)

    def drop(self, clip: Clip) -> None:
        """Discards a video without vectors."""
        self.clips = [other for other in self.clips if other is not clip]

    def write(self) -> list[Clip]:
        """Writes everything that waits; returns the videos that this completes. Raises LibraryError."""
        library, encoder = self.library, self.encoder
        stored = library.item_vectors(encoder.id, sorted({duplicate for _, duplicate in self.copies}))
        for item_id, duplicate in self.copies:
            self.rows += [replace(row, item_id=item_id) for row in stored[duplicate]]
        for clip in self.clips:
            self._take_from_clip(clip)
        done = [clip for clip in self.clips if clip.done]
        library.put_passages([passage for clip in done for passage in clip.passages])
        library.copy_passages(dict(self.copies))
        arrived = {row.item_id for row in self.rows}
        library.remove_vectors(encoder, sorted(self.replaced & arrived))
        library.add_vectors(encoder, self.rows)
        for clip in done:
            if clip.in_part:
                library.replace_vectors(encoder, clip.item.id, by=clip.partial_id)
        library.remove_vectors_of_others(encoder, sorted(self.redecoded))
        for key, items in self.items.items():
            library.put_items(items, key=key)
        written = {item.id for item in self.items["path"]}
        library.hand_on_labels({old: new for old, new in self.succeeds.items() if new in written})
        self.succeeds = {old: new for old, new in self.succeeds.items() if new not in written}
        self.replaced -= arrived
        self.clips = [clip for clip in self.clips if not clip.done]
        self.rows, self.copies, self.items = [], [], {"path": [], "id": []}
        self.redecoded = set()
        self._copied_s = 0.0
        self.last = time.monotonic()
        return done

    def _take_from_clip(self, clip: Clip) -> None:
        """A new, unfinished video gets an item that says so, and the library keeps its rows for the next run."""
        self.rows += clip.hand_over()
        if not clip.done and clip.in_part and clip.item.id not in self.listed:
            self.listed.add(clip.item.id)
            self.items["path"].append(replace(clip.item, status="failed", reason=_UNFINISHED))
