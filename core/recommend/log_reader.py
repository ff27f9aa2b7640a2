"""Reads logs of interactions: user, item, and optionally time and weight."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from core.errors import DataError
from core.recommend.interactions import InteractionLog as InteractionLog
from core.recommend.interactions import Session as Session

_MOST = 1e30  # weight: sums of larger ones would overflow
_lock = threading.Lock()


def make_log(
    rows: Sequence[tuple[str, str]],
    *,
    times: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
) -> InteractionLog:
    """A log of (user, item) pairs. Raises DataError for no pairs, weights that are not above 0, or infinite times."""
    users, items = (_encode_names(pa.array([str(row[place]) for row in rows], pa.string())) for place in (0, 1))
    return _check_log(users, items, times, weights)


def _encode_names(names: pa.Array | pa.ChunkedArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """(numbers of each, the distinct names in order)."""
    coded = names.dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    distinct = coded.dictionary.to_pylist()
    order = sorted(range(len(distinct)), key=distinct.__getitem__)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[coded.indices.to_numpy(zero_copy_only=False)], tuple(distinct[entry] for entry in order)


def _check_log(
    users: tuple[NDArray[np.int64], tuple[str, ...]],
    items: tuple[NDArray[np.int64], tuple[str, ...]],
    times: Sequence[float] | NDArray[np.float64] | None,
    weights: Sequence[float] | NDArray[np.float64] | None,
) -> InteractionLog:
    count = len(users[0])
    if not count:
        raise DataError("The log is empty: it takes rows of a user and an item.")
    at = np.arange(count, dtype=np.float64) if times is None else np.asarray(times, np.float64)
    counts = np.ones(count, np.float64) if weights is None else np.asarray(weights, np.float64)
    if len(at) != count or len(counts) != count:
        raise DataError("Give one time and one weight for each row of the log, or none at all.")
    if not np.isfinite(at).all() or not (counts > 0).all() or not (counts < _MOST).all():
        raise DataError("Times must be numbers and weights numbers above 0: leave out rows that say otherwise.")
    order = np.argsort(at, kind="stable")
    return InteractionLog(
        users[0][order], items[0][order], at[order], counts[order].astype(np.float32), users[1], items[1]
    )


def read_log(path: Path) -> InteractionLog:
    """Reads a CSV or Parquet file with the columns user and item, and optionally time (a number, or a date such as
    2026-05-31 12:00:00) and weight. Ratings of MovieLens (userId, movieId, rating, timestamp) are read too. Raises
    DataError.
    """
    try:
        with _lock:  # one large file at a time
            table = _read(path)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a log: {str(error).splitlines()[0].rstrip('.')}.") from error
    found = _found(table.column_names)
    if found["user"] is None or found["item"] is None:
        raise DataError(f"{path} needs the columns user and item; it has {', '.join(table.column_names) or 'none'}.")
    if len(set(table.column_names)) < len(table.column_names):
        raise DataError(f"{path} has two columns of one name: rename one.")
    table = table.filter(pc.and_(pc.is_valid(table[found["user"]]), pc.is_valid(table[found["item"]])))
    users, items = (_encode_names(_texts(table, found[name], path)) for name in ("user", "item"))
    return _check_log(users, items, _numbers(table, found["time"], path), _numbers(table, found["weight"], path))


def resolve_items(log: InteractionLog, items: Mapping[str, str]) -> tuple[InteractionLog, tuple[str, ...]]:
    """The log with ids of a library as item names, and the unknown names, whose rows are left out.

    items: name -> id, see `core.library.item_lookup.get_item_names`. Raises DataError if no name is known.
    """
    known = np.array([name in items for name in log.item_names])
    if not known.any():
        raise DataError("Not one item of the log is in this library: the column item has paths, file names or ids.")
    ids, numbers = np.unique([items.get(name, "") for name in log.item_names], return_inverse=True)
    part = log.part(known[log.items])
    unknown = tuple(name for name, is_known in zip(log.item_names, known, strict=True) if not is_known)
    items_by_id = numbers[part.items]
    return InteractionLog(
        part.users, items_by_id, part.times, part.weights, part.user_names, tuple(map(str, ids))
    ), unknown


_COLUMNS = {
    "user": ("user", "user_id", "userid"),
    "item": ("item", "item_id", "itemid", "movieid", "path"),
    "time": ("time", "timestamp", "date"),
    "weight": ("weight", "rating", "count"),
}


def _found(columns: Sequence[str]) -> dict[str, str | None]:
    """The name of each column of a log in this table, None if it is missing."""
    known = {name.strip().lower(): name for name in columns}
    return {name: next((known[entry] for entry in names if entry in known), None) for name, names in _COLUMNS.items()}


def _read(path: Path) -> pa.Table:
    if path.suffix.lower() in (".parquet", ".pq"):
        return pa.parquet.read_table(path)
    with pa.csv.open_csv(path) as head:
        found = _found(head.schema.names)
    # names stay as written: 007 is no number
    types = {column: pa.string() for column in (found["user"], found["item"]) if column is not None}
    convert = pa.csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])  # NA may be a name
    return pa.csv.read_csv(path, convert_options=convert)


def _texts(table: pa.Table, name: str | None, path: Path) -> pa.ChunkedArray:
    try:
        return table[name].cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"The column {name} of {path} must hold names, as text or numbers.") from error


def _numbers(table: pa.Table, name: str | None, path: Path) -> NDArray[np.float64] | None:
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
    return values.to_numpy().astype(np.float64)
