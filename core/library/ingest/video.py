"""A video, or another item with segments, while it is embedded: turns parts into rows, and resumes in the middle."""

from __future__ import annotations

from dataclasses import asdict, replace

from core.encoders.base import Vectors
from core.library.ingest.batch import Embedded
from core.library.ingest.staging import make_staging_id
from core.library.schema import Item, Passage, VectorRow
from core.library.track import Runs
from core.media.modality import Part, Segment
from core.media.sampling import Sampling


class Clip:
    """The rows of one item that are not committed yet.

    stored: where the last row of an earlier, stopped run is. partial_id: the staging id of the rows; in_part: whether
    some are stored under it. done: whether all parts are embedded.
    """

    def __init__(self, item: Item, sampling: Sampling | None, stored: Segment | None, merge_threshold: float) -> None:
        """sampling: None if the kind of item has none. merge_threshold: see `Runs`."""
        self.item, self.sampling = item, sampling
        self._sampled = str(sampling) if sampling else None
        self.partial_id = make_staging_id(item.id, self._sampled or "")
        self.stored = stored
        self.in_part = stored is not None
        self.done = False
        self.embedded = 0
        self.error: Exception | None = None
        self.rows: list[VectorRow] = []
        self.passages: list[Passage] = []  # of a document, all of them, also of those that an earlier run stored
        self._runs = Runs(merge_threshold)

    @property
    def is_empty(self) -> bool:
        """Whether no part has a vector."""
        return not self.rows and not self.in_part

    def is_stored(self, segment: Segment) -> bool:
        """Whether an earlier run stored this part. Of a video the decoder knows, as it starts where the rows end."""
        return self.sampling is None and self.stored is not None and segment.start <= self.stored.start

    def take(self, segment: Segment, vector: Embedded) -> None:
        """Takes the vector of the next part, or the error; the other parts are not affected."""
        if isinstance(vector, Exception):
            self.error = vector
        else:
            self.embedded += 1
            self._add(self._runs.push(segment.start, segment.end, vector))

    def keep_text(self, part: Part) -> None:
        """Keeps the words and the place of a passage, if the part is one."""
        if part.place is not None and part.segment is not None:
            start, end = int(part.segment.start), int(part.segment.end)
            self.passages.append(Passage(self.item.id, start, end, str(part.content), **asdict(part.place)))

    def close(self) -> None:
        """Marks the end: all parts have been taken."""
        self._add(self._runs.close())
        self.done = True

    def hand_over(self) -> list[VectorRow]:
        """The rows since the last call, under the id to store them by."""
        rows, self.rows = self.rows, []
        if not self.done and rows:
            self.in_part = True
        return [replace(row, item_id=self.partial_id) for row in rows] if self.in_part else rows

    def _add(self, run: tuple[float, float, Vectors] | None) -> None:
        if run is not None:
            start_s, end_s, vector = run
            self.rows.append(VectorRow(self.item.id, vector, Segment(start_s, end_s), self._sampled))
