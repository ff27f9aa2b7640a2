"""A library's vectors in memory: exact search in half precision, read-only, shared by all threads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.encoders.calibration import DEFAULT, Calibration, compute_baseline_cosine
from core.library.schema import Item
from core.media.modalities import VIDEO, list_text_kinds
from core.media.modality import Segment
from core.vectors.parts import VectorParts
from core.vectors.temporal_smoothing import TemporalSmoother

_BACKGROUND = 4_096


@dataclass(frozen=True, eq=False)
class VectorIndex:
    """The n vectors of one library and one encoder, immutable. Compared by identity: each change makes a new one.

    Attributes
    ----------
    items
        The searchable rows of the `items` table.
    item_rows
        (n,) the row of each vector in `items`.
    start_s, end_s
        (n,) of the segment of each vector, in seconds of a video; NaN of whole items, see `has_segment`.
    parts
        The vectors.
    calibration
        Of the encoder.
    """

    encoder_id: str
    dim: int
    items: pa.Table
    item_rows: NDArray[np.int64]
    start_s: NDArray[np.float32]
    end_s: NDArray[np.float32]
    parts: VectorParts
    calibration: Calibration = DEFAULT

    def __len__(self) -> int:
        return len(self.item_rows)

    def search(
        self, query: NDArray[np.float32], k: int, *, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The nearest vectors of a query.

        Parameters
        ----------
        query
            (dim,) of unit length.
        k
            How many at most.
        allowed
            (items,) mask over `items`, applied before ranking.

        Returns
        -------
        cosines, numbers
            (m,) each, best first, m <= k.
        """
        among = None if allowed is None else np.flatnonzero(allowed[self.item_rows])
        return self.parts.search(query, k, among=among)

    def vectors(self, numbers: NDArray[np.int64]) -> Vectors:
        """float32 (len(numbers), dim) of the vectors with these numbers."""
        return self.parts.get(numbers)

    def item(self, number: int) -> Item:
        """The item that a vector belongs to."""
        return Item.from_row(self.items.slice(int(self.item_rows[number]), 1).to_pylist()[0])

    def segment(self, number: int) -> Segment | None:
        """The part that a vector is of; None where it is of a whole item."""
        start, end = float(self.start_s[number]), float(self.end_s[number])
        return Segment(start, end) if self.has_segment[number] else None

    def item_numbers(self, item_id: str) -> NDArray[np.int64]:
        """The numbers of an item's vectors; empty if the item is not in the index."""
        row = pc.index(self.items["id"], item_id).as_py()
        return np.flatnonzero(self.item_rows == row) if row >= 0 else np.empty(0, np.int64)

    @cached_property
    def has_segment(self) -> NDArray[np.bool_]:
        """(n,) which vectors are of a part of an item, such as a frame of a video."""
        return ~np.isnan(self.start_s)

    @cached_property
    def is_frame(self) -> NDArray[np.bool_]:
        """(n,) which vectors are of a frame of a video."""
        videos = pc.equal(self.items["kind"], VIDEO.name).to_numpy().astype(bool)
        return self.has_segment & videos[self.item_rows]

    @cached_property
    def rows_with_vectors(self) -> NDArray[np.int64]:
        """The rows of `items` that have vectors; the others are not embedded with this encoder yet."""
        return np.unique(self.item_rows)

    @cached_property
    def is_seen(self) -> NDArray[np.bool_] | None:
        """(items,) mask of items that are not embedded as text; None if there are no others."""
        texts = pa.array(list_text_kinds(), pa.string())
        mask = ~pc.is_in(self.items["kind"], value_set=texts).to_numpy().astype(bool)
        return None if mask.all() else mask

    @cached_property
    def comparable(self) -> NDArray[np.int64]:
        """(m,) the numbers of all vectors but those of texts, whose cosines are on another scale; of these where the
        library has nothing else."""
        seen = np.empty(0, np.int64) if self.is_seen is None else np.flatnonzero(self.is_seen[self.item_rows])
        return seen if len(seen) else np.arange(len(self))

    @cached_property
    def background(self) -> Vectors:
        """float32 (m, dim), m <= 4,096: a fixed random sample of what is `comparable`, to compare scores against."""
        numbers = self.comparable
        if len(numbers) > _BACKGROUND:
            chosen = np.random.default_rng(0).choice(len(numbers), _BACKGROUND, replace=False)
            numbers = numbers[np.sort(chosen)]
        sample = self.vectors(numbers)
        sample.setflags(write=False)
        return sample

    @cached_property
    def baseline_cosine(self) -> float:
        """The mean cosine of two random vectors of the library, -1 to 1."""
        return compute_baseline_cosine(self.background)

    @cached_property
    def thresholds(self) -> Calibration:
        """The encoder's calibration with cosines that hold for this library."""
        return self.calibration.at(self.background)

    @cached_property
    def in_time(self) -> NDArray[np.int64]:
        """(m,) the numbers of the vectors with a segment, item by item in the order of time."""
        numbers = np.flatnonzero(self.has_segment)
        return numbers[np.lexsort((self.start_s[numbers], self.item_rows[numbers]))]

    @cached_property
    def smoother(self) -> TemporalSmoother:
        """For the vectors `in_time`; computed at the first video search."""
        numbers = self.in_time
        return TemporalSmoother.from_frames(
            self.start_s[numbers],
            self.end_s[numbers],
            lambda first, stop: self.vectors(numbers[first:stop]),
            self.baseline_cosine,
            owners=self.item_rows[numbers],
        )


def build_index(
    encoder_id: str,
    items: pa.Table,
    item_rows: NDArray[np.int64],
    about: pa.Table,
    parts: VectorParts,
    calibration: Calibration = DEFAULT,
) -> VectorIndex:
    """items: the searchable ones. item_rows: (n,) of the vectors in them. about: n rows, the seconds of each vector."""
    start_s, end_s = (about[name].to_numpy().astype(np.float32) for name in ("start_s", "end_s"))
    for array in (item_rows, start_s, end_s):
        array.setflags(write=False)
    return VectorIndex(encoder_id, parts.dim, items, item_rows, start_s, end_s, parts, calibration)
