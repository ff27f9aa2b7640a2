"""What people did: a log of who had to do with which item, when, and how much."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import scipy.sparse as sp
from numpy.typing import NDArray

from core.errors import DataError

Session = Sequence[int] | NDArray[np.int64]  # numbers of items, in the order of time

_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Log:
    """n interactions, in the order of time.

    users, items: (n,) numbers into user_names and item_names. times: (n,) seconds of any clock; the order of the rows
    where the log has none. weights: (n,), above 0.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    times: NDArray[np.float64]
    weights: NDArray[np.float32]
    user_names: tuple[str, ...]
    item_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.users)

    def part(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Log:
        """Some of the interactions; users and items keep their numbers."""
        return Log(
            self.users[rows], self.items[rows], self.times[rows], self.weights[rows], self.user_names, self.item_names
        )

    def matrix(self) -> sp.csr_matrix:
        """(users, items) sums of weights."""
        shape = (len(self.user_names), len(self.item_names))
        return sp.csr_matrix((self.weights, (self.users, self.items)), shape=shape, dtype=np.float32)

    def of_user(self, user: int) -> NDArray[np.int64]:
        """The items of one user, in the order of time, each once, where it came first."""
        items = self.items[self.users == user]
        return items[np.sort(np.unique(items, return_index=True)[1])]

    def by_user(self) -> dict[int, NDArray[np.int64]]:
        """`of_user` of all users that the log has rows of."""
        order = np.argsort(self.users, kind="stable")
        users, starts = np.unique(self.users[order], return_index=True)
        parts = np.split(self.items[order], starts[1:])
        firsts = (part[np.sort(np.unique(part, return_index=True)[1])] for part in parts)
        return dict(zip(users.tolist(), firsts, strict=True))


def log_of(
    rows: Sequence[tuple[str, str]],
    *,
    times: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
) -> Log:
    """A log of (user, item) pairs. Raises DataError for none, for weights that are not above 0, or times that are no
    numbers."""
    if not rows:
        raise DataError("The log is empty: it takes rows of a user and an item.")
    user_names, users = np.unique([user for user, _ in rows], return_inverse=True)
    item_names, items = np.unique([item for _, item in rows], return_inverse=True)
    at = np.arange(len(rows), dtype=np.float64) if times is None else np.asarray(times, np.float64)
    counts = np.ones(len(rows), np.float32) if weights is None else np.asarray(weights, np.float32)
    if len(at) != len(rows) or len(counts) != len(rows):
        raise DataError("Give one time and one weight for each row of the log, or none at all.")
    if not np.isfinite(at).all() or not np.isfinite(counts).all() or (counts <= 0).any():
        raise DataError("Times must be numbers and weights numbers above 0: leave out rows that say otherwise.")
    order = np.argsort(at, kind="stable")
    names = tuple(map(str, user_names)), tuple(map(str, item_names))
    return Log(users[order], items[order], at[order], counts[order], *names)


def read_log(path: Path) -> Log:
    """Reads a log from a CSV or Parquet file with the columns user and item, and, if there, time (a number, or a date
    as 2026-05-31 12:00:00) and weight. Ratings of MovieLens (userId, movieId, rating, timestamp) are read as they are.
    Raises DataError.
    """
    try:
        with _lock:  # one large file at a time
            table = _read(path)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a log: {str(error).splitlines()[0]}.") from error
    columns = {name.strip().lower(): name for name in table.column_names}
    found = {
        name: next((columns[other] for other in others if other in columns), None) for name, others in _COLUMNS.items()
    }
    if found["user"] is None or found["item"] is None:
        raise DataError(f"{path} needs the columns user and item; it has {', '.join(table.column_names) or 'none'}.")
    table = table.filter(pa.compute.and_(*(pa.compute.is_valid(table[found[name]]) for name in ("user", "item"))))
    pairs = zip(*(map(str, table[found[name]].to_pylist()) for name in ("user", "item")), strict=True)
    times = _numbers(table, found["time"], path)
    return log_of(list(pairs), times=times, weights=_numbers(table, found["weight"], path))


def resolved(log: Log, items: Mapping[str, str]) -> tuple[Log, tuple[str, ...]]:
    """The log with its item names replaced by ids of a library, and the names that stand for none (their rows go).

    items: what may stand in a log -> id; see `core.recommend.names_of`. Raises DataError where no name is known.
    """
    known = np.array([name in items for name in log.item_names])
    if not known.any():
        raise DataError("Not one item of the log is in this library: the column item has paths, file names or ids.")
    ids, numbers = np.unique([items.get(name, "") for name in log.item_names], return_inverse=True)
    kept = log.part(known[log.items])
    unknown = tuple(name for name, is_known in zip(log.item_names, known, strict=True) if not is_known)
    moved = Log(kept.users, numbers[kept.items], kept.times, kept.weights, kept.user_names, tuple(map(str, ids)))
    return moved, unknown


_COLUMNS = {
    "user": ("user", "user_id", "userid"),
    "item": ("item", "item_id", "itemid", "movieid", "path"),
    "time": ("time", "timestamp", "date"),
    "weight": ("weight", "rating", "count"),
}


def _read(path: Path) -> pa.Table:
    if path.suffix.lower() in (".parquet", ".pq"):
        return pa.parquet.read_table(path)
    return pa.csv.read_csv(path)


def _numbers(table: pa.Table, name: str | None, path: Path) -> list[float] | None:
    if name is None:
        return None
    column = table[name]
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    try:
        values = column.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"The column {name} of {path} must hold numbers or dates.") from error
    if values.null_count:
        raise DataError(f"The column {name} of {path} has {values.null_count} empty cells: fill them, or drop it.")
    return [float(value) for value in values.to_pylist()]
