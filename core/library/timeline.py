"""The items of a library by date: its months, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.library.filters import item_dates


@dataclass(frozen=True, slots=True)
class Month:
    """A month that has items. day: its first day. start, count: where its items stand in `Timeline.rows`."""

    day: date
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Items by date.

    Parameters
    ----------
    rows : array of int64, shape (n,)
        Rows of the `items` table, newest first; those of one second in the order of their paths.
    months : tuple of Month
        Newest first; all rows belong to one of them.
    """

    rows: NDArray[np.int64]
    months: tuple[Month, ...]


def make_timeline(items: pa.Table, allowed: NDArray[np.bool_] | None = None) -> Timeline:
    """Sorts items by the date they were taken or, where that is unknown, by that of their file.

    Parameters
    ----------
    items : pyarrow.Table
        Rows of the `items` table.
    allowed : array of bool, shape (len(items),), optional
        Which of them count, see `Filters.mask`.

    Returns
    -------
    Timeline
    """
    rows = np.arange(len(items)) if allowed is None else np.flatnonzero(allowed)
    chosen = items.select(["path", "taken_at", "mtime_ns"]).take(rows)
    dates = item_dates(chosen)
    order = np.lexsort((chosen["path"].to_numpy(), -dates.astype(np.int64)))
    months, starts, counts = np.unique(-dates[order].astype("datetime64[M]").astype(np.int64), True, False, True)
    first_days = (-months).astype("datetime64[M]").astype("datetime64[D]").tolist()
    found = zip(first_days, starts.tolist(), counts.tolist(), strict=True)
    return Timeline(rows[order], tuple(Month(day, start, count) for day, start, count in found))
