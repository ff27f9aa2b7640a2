"""A video while it is embedded: turns frames into rows, and can be resumed in the middle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.encoders.base import Vectors
from core.library.ingest.batch import Embedded
from core.library.ingest.staging import make_staging_id
from core.library.schema import Item, VectorRow
from core.library.track import Runs
from core.media.sampling import Sampling

if TYPE_CHECKING:
    from core.media.video import Frame


class Clip:
    """The rows of one video that are not committed yet.

    read_s: the second at which an earlier, stopped run ended. partial_id: the staging id of the rows; in_part: whether
    some are stored under it. done: whether all frames are embedded.
    """

    def __init__(self, item: Item, sampling: Sampling, read_s: float | None, merge_threshold: float) -> None:
        """read_s: the end of the rows that an earlier run left under the staging id; None if there are none."""
        self.item, self.sampling = item, sampling
        self.partial_id = make_staging_id(item.id, str(sampling))
        self.read_s = read_s or 0.0
        self.in_part = read_s is not None
        self.done = False
        self.embedded = 0
        self.error: Exception | None = None
        self.rows: list[VectorRow] = []
        self._runs = Runs(merge_threshold)

    @property
    def is_empty(self) -> bool:
        """Whether no frame has a vector."""
        return not self.rows and not self.in_part

    def take(self, frame: Frame, vector: Embedded) -> None:
        """Takes the vector of the next frame, or the error; the other frames are not affected."""
        if isinstance(vector, Exception):
            self.error = vector
        else:
            self.embedded += 1
            self._add(self._runs.push(frame.start_s, frame.end_s, vector))

    def close(self) -> None:
        """Marks the end: all frames have been taken."""
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
            self.rows.append(VectorRow(self.item.id, vector, start_s, end_s, str(self.sampling)))
