"""Filters: which items a search considers, before anything is ranked."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.utils.files import to_absolute
from core.utils.path_matching import nfc

if TYPE_CHECKING:
    from core.library.store import Library

Orientation = Literal["landscape", "portrait", "square"]
ANY = "any"  # kind
_SQUARE = 1.05  # sides that differ by up to 5 % look square


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits on the items of a search; the default passes all.

    Attributes
    ----------
    kind
        The name of a kind, such as "image" or "video". "any": all, also those that `search` leaves out by default.
    folder
        Absolute path; includes all folders below.
    after, before
        First and last day, both included, on which the photo was taken or, if unknown, the file was last changed.
    min_side, max_side
        Pixels of the shorter side.
    orientation
        As displayed; sides within 5 % of each other are square.
    min_duration_s, max_duration_s
        Seconds, both included. Items without a duration, such as photos, do not pass.
    label
        A label that the item has in any task.
    """

    kind: str | None = None
    folder: str | None = None
    after: date | None = None
    before: date | None = None
    min_side: int | None = None
    max_side: int | None = None
    orientation: Orientation | None = None
    min_duration_s: float | None = None
    max_duration_s: float | None = None
    label: str | None = None

    def mask(self, items: pa.Table, library: Library | None = None) -> NDArray[np.bool_] | None:
        """(items,) which rows of the `items` table pass; None if there is no limit.

        library: the library of the items; only needed with `label`.
        """
        if all(getattr(self, entry.name) is None for entry in fields(self)):
            return None
        passes = np.ones(len(items), bool)
        if self.kind not in (None, ANY):
            passes &= _array(pc.equal(items["kind"], self.kind))
        if self.folder is not None:
            inside = nfc(str(to_absolute(self.folder)).rstrip(os.sep) + os.sep)
            paths = items["path"] if inside.isascii() else pc.utf8_normalize(items["path"], form="NFC")
            passes &= _array(pc.starts_with(paths, inside))
        if self.after is not None or self.before is not None:
            passes &= self._by_date(items)
        if self.min_side is not None or self.max_side is not None or self.orientation is not None:
            passes &= self._by_shape(items)
        if self.min_duration_s is not None or self.max_duration_s is not None:
            passes &= self._by_duration(items)
        if self.label is not None:
            labels = library.labels() if library is not None else []
            target = pa.array([entry.item_id for entry in labels if entry.label == self.label], pa.string())
            passes &= _array(pc.is_in(items["id"], value_set=target))
        return passes

    def _by_date(self, items: pa.Table) -> NDArray[np.bool_]:
        days = item_dates(items).astype("datetime64[D]")
        passes = np.ones(len(items), bool)
        if self.after is not None:
            passes &= days >= np.datetime64(self.after, "D")
        if self.before is not None:
            passes &= days <= np.datetime64(self.before, "D")
        return passes

    def _by_duration(self, items: pa.Table) -> NDArray[np.bool_]:
        seconds = pc.cast(items["duration_s"], pa.float64()).to_numpy()  # NaN where unknown: passes no comparison
        passes = np.isfinite(seconds)
        if self.min_duration_s is not None:
            passes &= seconds >= self.min_duration_s
        if self.max_duration_s is not None:
            passes &= seconds <= self.max_duration_s
        return passes

    def _by_shape(self, items: pa.Table) -> NDArray[np.bool_]:
        width, height = (pc.cast(items[name], pa.float64()).to_numpy() for name in ("width", "height"))
        passes = np.ones(len(items), bool)
        shorter = np.minimum(width, height)
        if self.min_side is not None:
            passes &= shorter >= self.min_side
        if self.max_side is not None:
            passes &= shorter <= self.max_side
        if self.orientation is not None:
            ratio = width / height
            chosen = {
                "landscape": ratio > _SQUARE,
                "portrait": ratio < 1 / _SQUARE,
                "square": (ratio <= _SQUARE) & (ratio >= 1 / _SQUARE),
            }
            passes &= chosen[self.orientation]
        return passes


def item_dates(items: pa.Table) -> NDArray[np.datetime64]:
    """(items,) datetime64[s], local time: when each was taken or, if unknown, when its file last changed."""
    taken = items["taken_at"].to_numpy().astype("datetime64[s]")
    unknown = np.flatnonzero(np.isnat(taken))
    changed = items["mtime_ns"].to_numpy()[unknown] / 1e9
    dates = taken.copy()
    dates[unknown] = [np.datetime64(datetime.fromtimestamp(second), "s") for second in changed]
    return dates


def _array(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return column.to_numpy().astype(bool)
