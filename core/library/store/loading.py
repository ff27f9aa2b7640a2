"""The vectors of a table in memory: read once, then only what a commit adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.encoders.calibration import get_calibration
from core.library.index import VectorIndex, build_index
from core.library.schema import ITEMS, vectors_schema
from core.library.store.tables import TableFolder, table_name
from core.library.vector_parts import VectorParts

_BATCH = 8_192  # rows that are read at a time
_ROW = "_rowid"  # the engine's: a row keeps it until the table is compacted
_ABOUT = ["item_id", "start_s", "end_s"]


@dataclass(frozen=True, eq=False)
class LoadedIndex:
    """An index, and the rows of the table that its n vectors are from. row_ids: (n,) ascending."""

    index: VectorIndex
    row_ids: NDArray[np.uint64]


def load_index(
    tables: TableFolder, encoder: Encoder, items: Any | None, vectors: Any | None, before: LoadedIndex | None = None
) -> LoadedIndex:
    """The searchable vectors of an encoder.

    items, vectors: open tables; None where they do not exist. before: what an earlier version of them gave, whose rows
    are not read again if they are still there. Raises DamagedTable.
    """
    name = table_name(encoder.id)
    listed = tables.rows_of("items", items, ITEMS)
    listed = listed.filter(pc.equal(listed["status"], "ok")).combine_chunks()
    about = tables.rows_about(name, vectors, vectors_schema(encoder.id, encoder.name, encoder.dim), _ABOUT)
    about = about.filter(pc.is_in(about["item_id"], value_set=listed["id"].combine_chunks()))
    row_ids = about[_ROW].to_numpy()
    if before is not None and not _is_of_same(tables, name, vectors, before, about):
        before = None
    parts, missing = _keep(before, row_ids, encoder.dim)
    if len(missing):
        parts = parts.extended(_read(tables, name, vectors, missing, encoder.dim))
    return LoadedIndex(build_index(encoder.id, listed, about, parts, get_calibration(encoder)), row_ids)


def _keep(before: LoadedIndex | None, row_ids: NDArray[np.uint64], dim: int) -> tuple[VectorParts, NDArray[np.uint64]]:
    """The vectors of rows that are in memory, and the rows that are not: all of them unless they follow those."""
    if before is not None:
        kept = np.isin(before.row_ids, row_ids, assume_unique=True)
        count = int(kept.sum())
        if np.array_equal(before.row_ids[kept], row_ids[:count]):
            return before.index.parts.kept(kept), row_ids[count:]
    return VectorParts(dim), row_ids


def _is_of_same(tables: TableFolder, name: str, table: Any, before: LoadedIndex, about: pa.Table) -> bool:
    """Whether a table is the one that was read before: one that was made anew counts its rows from 0 again.

    The rows that both have are of the same items and seconds, and the first, middle and last have the same vectors.
    """
    both, old, new = np.intersect1d(before.row_ids, about[_ROW].to_numpy(), assume_unique=True, return_indices=True)
    if not len(both):
        return False
    index, about = before.index, about.take(new)
    ids = index.items["id"].take(index.item_rows[old])
    seconds = about["start_s"].to_numpy().astype(np.float32)
    if not ids.equals(about["item_id"]) or not np.array_equal(index.start_s[old], seconds, equal_nan=True):
        return False
    some = np.unique([0, len(both) // 2, len(both) - 1])
    where = f"{_ROW} IN ({', '.join(map(str, both[some]))})"
    query = table.search().where(where).select(["vector"]).with_row_id(True).limit(None)
    rows = tables.query(name, table, lambda _: query.to_arrow())
    assert rows is not None
    halves = rows.sort_by(_ROW)["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.array_equal(index.vectors(old[some]).ravel(), halves.astype(np.float32))


def _read(
    tables: TableFolder, name: str, table: Any, row_ids: NDArray[np.uint64], dim: int
) -> Iterator[NDArray[np.float16]]:
    """The vectors of some rows, in batches. row_ids: ascending."""
    query = table.search().where(f"{_ROW} >= {row_ids[0]}").select(["vector"]).with_row_id(True).limit(None)
    batches = tables.query(name, table, lambda _: query.to_batches(_BATCH))
    while (batch := tables.query(name, batches, lambda rest: next(iter(rest), None))) is not None:
        wanted = np.isin(batch[_ROW].to_numpy(), row_ids, assume_unique=True)
        halves = batch["vector"].flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
        yield halves if wanted.all() else halves[wanted]
