"""Reads logs of interactions: user, item, and optionally time and weight."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.errors import DataError
from core.recommend.interactions import InteractionLog as InteractionLog
from core.recommend.interactions import Session as Session
from core.tables.table_reader import FILES, NO_LIMITS, PeoplesTable, TableLimits, read_table

_MOST = 1e30  # largest weight; sums of larger ones would overflow
_lock = threading.Lock()


def make_log(
    rows: Sequence[tuple[str, str]],
    *,
    times: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
) -> InteractionLog:
    """A log of (user, item) pairs. Raises DataError for weights that are not above 0, or infinite times."""
    users, items = (_encode_names(pa.array([str(row[column]) for row in rows], pa.string())) for column in (0, 1))
    return _check_log(users, items, times, weights)


def _encode_names(names: pa.Array | pa.ChunkedArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Numbers of the names, and the distinct names in alphabetic order."""
    coded = names.dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    distinct = coded.dictionary.to_pylist()
    order = sorted(range(len(distinct)), key=distinct.__getitem__)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[coded.indices.to_numpy(zero_copy_only=False)], tuple(distinct[number] for number in order)


def _check_log(
    users: tuple[NDArray[np.int64], tuple[str, ...]],
    items: tuple[NDArray[np.int64], tuple[str, ...]],
    times: Sequence[float] | NDArray[np.float64] | None,
    weights: Sequence[float] | NDArray[np.float64] | None,
) -> InteractionLog:
    count = len(users[0])
    at = np.arange(count, dtype=np.float64) if times is None else np.asarray(times, np.float64)
    counts = np.ones(count, np.float64) if weights is None else np.asarray(weights, np.float64)
    if len(at) != count or len(counts) != count:
        raise DataError("Give one time and one weight for each row of the log, or none.")
    if not np.isfinite(at).all() or not (counts > 0).all() or not (counts < _MOST).all():
        raise DataError("Times must be finite and weights above 0: remove other rows.")
    order = np.argsort(at, kind="stable")
    return InteractionLog(
        users[0][order], items[0][order], at[order], counts[order].astype(np.float32), users[1], items[1]
    )


def read_log(source: Path | bytes, *, name: str | None = None, limits: TableLimits = NO_LIMITS) -> InteractionLog:
    """Reads interactions from a table.

    Columns: user and item; optionally time (a number, or a date such as 2026-05-31 12:00:00) and weight. Ratings of
    MovieLens (userId, movieId, rating, timestamp) are read too.

    Parameters
    ----------
    source : Path or bytes
        A file, or its content.
    name : str, optional
        Name of the table in messages.
    limits : TableLimits

    Returns
    -------
    InteractionLog

    Raises
    ------
    DataError
        The table cannot be read, or a column is missing or invalid.
    """
    with _lock:  # one large file at a time
        table = read_table(source, name=name, limits=limits)
    columns = {column: table.find(*names) for column, names in _COLUMNS.items()}
    user, item = columns["user"], columns["item"]
    if user is None or item is None:
        raise DataError(f"{table.name} needs the columns user and item; it has {', '.join(table.columns) or 'none'}.")
    rows = table.rows.filter(pc.and_(pc.is_valid(table.rows[user]), pc.is_valid(table.rows[item])))
    table = replace(table, rows=rows)
    users, items = (_encode_names(table.strings(column)) for column in (user, item))
    return _check_log(users, items, _numbers(table, columns["time"]), _numbers(table, columns["weight"]))


def resolve_items(log: InteractionLog, items: Mapping[str, str]) -> tuple[InteractionLog, tuple[str, ...]]:
    """The log with item ids of a library, and the unknown names, whose rows are left out.

    items: ids by name, see `core.library.item_lookup.get_item_names`.
    """
    item_ids = [items.get(name, "") for name in log.item_names]
    is_known = np.array([bool(item_id) for item_id in item_ids], bool)
    distinct, numbers = np.unique(np.array(item_ids, dtype=str), return_inverse=True)
    part = log.part(is_known[log.items])
    unknown = tuple(name for name, item_id in zip(log.item_names, item_ids, strict=True) if not item_id)
    return replace(part, items=numbers[part.items], item_names=tuple(map(str, distinct))), unknown


_COLUMNS = {
    "user": ("user", "user_id", "userid"),
    "item": ("item", "item_id", "itemid", "movieid", *FILES),
    "time": ("time", "timestamp", "date"),
    "weight": ("weight", "rating", "count"),
}


def _numbers(table: PeoplesTable, name: str | None) -> NDArray[np.float64] | None:
    if name is None:
        return None
    column = table.rows[name]
    if column.null_count:
        raise DataError(
            f"The column {name} of {table.name} has {column.null_count} empty cells: fill them, or drop the column."
        )
    is_time = pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
    kinds = [pa.timestamp("us")] if is_time else [pa.float64(), pa.timestamp("us"), pa.timestamp("us", "UTC")]
    for kind in kinds:
        with contextlib.suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
            values = column.cast(kind)
            values = values if kind == pa.float64() else values.cast(pa.int64())
            return values.to_numpy().astype(np.float64)
    raise DataError(f"The column {name} of {table.name} must hold numbers or dates.")
