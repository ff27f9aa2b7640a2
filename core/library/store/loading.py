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
from core.vectors.parts import VectorParts

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
    rows = pc.index_in(about["item_id"], value_set=listed["id"].combine_chunks())
    about, item_rows = about.filter(pc.is_valid(rows)), rows.drop_null().to_numpy().astype(np.int64)
    row_ids = about[_ROW].to_numpy()
    parts = None if before is None else _keep(tables, name, vectors, before, about)
    parts = VectorParts(encoder.dim) if parts is None else parts
    if len(parts) < len(row_ids):
        parts = parts.extended(_read(tables, name, vectors, row_ids[len(parts) :], encoder.dim))
    return LoadedIndex(build_index(encoder.id, listed, item_rows, about, parts, get_calibration(encoder)), row_ids)


def _keep(tables: TableFolder, name: str, table: Any, before: LoadedIndex, about: pa.Table) -> VectorParts | None:
    """The vectors of the rows that were read before and are still there; None unless all others follow them.

    None, too, where the table was made anew, as it then counts its rows from 0 again. In the same table, the rows that
    both have are of the same items and seconds, and the first, middle and last have the same vectors.
    """
    both, old, new = np.intersect1d(before.row_ids, about[_ROW].to_numpy(), assume_unique=True, return_indices=True)
    if not len(both) or new[-1] != len(both) - 1:
        return None
    index, about = before.index, about.slice(0, len(both))
    ids = index.items["id"].take(index.item_rows[old])
    seconds = about["start_s"].to_numpy().astype(np.float32)
    if not ids.equals(about["item_id"]) or not np.array_equal(index.start_s[old], seconds, equal_nan=True):
        return None
    some = np.unique([0, len(both) // 2, len(both) - 1])
    where = f"{_ROW} IN ({', '.join(map(str, both[some]))})"
    query = table.search().where(where).select(["vector"]).with_row_id(True).limit(None)
    rows = tables.query(name, table, lambda _: query.to_arrow())
    assert rows is not None
    halves = rows.sort_by(_ROW)["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    if not np.array_equal(index.vectors(old[some]).ravel(), halves.astype(np.float32)):
        return None
    kept = np.zeros(len(index), bool)
    kept[old] = True
    return index.parts.kept(kept)


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
