"""Rows of a foreign table made usable: vectors of unit length, and the seconds of a video that each stands for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.library.schema import Item

_AS_IT_IS = 1e-3  # a length this near to 1 is one that was rounded: such vectors come back exactly as they left


class Times:
    """The seconds of each row: none of pictures; of a video's only vector the whole of it, where nothing is said."""

    def __init__(
        self, starts: Sequence[float | None], ends: Sequence[float | None], owners: Sequence[Item | None]
    ) -> None:
        self.starts, self.ends, self.owners = starts, ends, owners
        self.counts: dict[str, int] = {}
        for item in filter(None, owners):
            self.counts[item.id] = self.counts.get(item.id, 0) + 1
        self.seen: set[str] = set()

    def of(self, row: int) -> tuple[float | None, float | None] | None:
        """None for a row that cannot be placed."""
        item, start, end = self.owners[row], self.starts[row], self.ends[row]
        assert item is not None
        if item.kind != "video":
            twice = item.id in self.seen
            self.seen.add(item.id)
            return None if twice else (None, None)
        if start is None and self.counts[item.id] == 1:
            return 0.0, item.duration_s or 1.0
        if start is None or not np.isfinite(start) or start < 0:
            return None
        return start, end if end is not None and np.isfinite(end) and end > start else start + 1.0

    def why_not(self, row: int) -> str:
        item = self.owners[row]
        if item is not None and item.kind == "video":
            return "Several vectors of one video need a column start_s, in seconds."
        return "The picture has a vector in an earlier row."


def normalize_usable(rows: NDArray[np.floating]) -> tuple[Vectors, NDArray[np.bool_]]:
    """Rows (n, dim) brought to unit length, and (n,) which can be: those that are finite and not zero."""
    wide = np.asarray(rows, np.float64)
    largest = np.abs(wide).max(axis=1)
    usable = np.isfinite(largest) & (largest > 0)
    scale = np.where(usable, largest, 1.0)[:, None]  # so that squares neither overflow nor vanish
    lengths = np.linalg.norm(np.where(usable[:, None], wide, 1.0) / scale, axis=1)[:, None] * scale
    lengths[np.abs(lengths - 1) < _AS_IT_IS] = 1.0
    return (wide / lengths).astype(np.float32), usable
