"""Reading a library: items, vectors and the index in memory, always at the newest committed version."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.encoders.registry import list_earlier_weights
from core.encoders.sentences import SENTENCE_PREFIX
from core.library.index import VectorIndex
from core.library.schema import ITEMS, SAMPLING, EncoderEntry, Item, Status, VectorRow
from core.library.store.loading import LoadedIndex, load_index
from core.library.store.tables import TableFolder, quote_values, table_name
from core.media.modality import Segment


@dataclass(slots=True)
class IndexSlot:
    """The index of one encoder, with the versions of the tables that it was built from. Only its lock's holder reads
    or changes it, so building one index does not block the others."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    versions: tuple[int, int] | None = None
    loaded: LoadedIndex | None = None


class LibraryReader:
    """What can be asked of a library's tables. Safe to use from several threads."""

    def __init__(self, tables: TableFolder) -> None:
        self._tables = tables
        self._indexes: dict[str, IndexSlot] = {}

    def items(self) -> pa.Table:
        """All rows of the `items` table, sorted by path."""
        return self._tables.rows("items", ITEMS).sort_by("path")

    def items_version(self) -> int:
        """Changes with each commit to the `items` table; 0 where there is none."""
        table = self._tables.open("items")
        return table.version if table else 0

    def versions(self, encoder_id: str) -> tuple[int, int]:
        """Those of the tables of items and of an encoder's vectors: a commit changes them."""
        tables = self._tables.open("items"), self._tables.open(table_name(encoder_id))
        items, vectors = (table.version if table else 0 for table in tables)
        return items, vectors

    def item(self, item_id: str) -> Item | None:
        """The item of an id, whatever its status; None where there is none."""
        return next(iter(self.items_with([item_id])), None)

    def items_with(self, item_ids: Sequence[str]) -> list[Item]:
        """The items of some ids, whatever their status, in no order; unknown ids are left out."""
        parts = self._tables.rows_with("items", "id", item_ids)
        return [Item.from_row(row) for part in parts for row in part.to_pylist()]

    def counts(self) -> dict[str, int]:
        """How many items have each status: {"ok", "failed", "missing"}."""
        named = get_args(Status)
        found = self._tables.read("items", lambda table: [table.count_rows(f"status = '{name}'") for name in named])
        return dict(zip(named, found or [0] * len(named), strict=True))

    def failures(self) -> list[Item]:
        """The files that could not be read, each with its reason."""
        items = self.items()
        return [Item.from_row(row) for row in items.filter(pc.equal(items["status"], "failed")).to_pylist()]

    def encoders(self) -> list[EncoderEntry]:
        """The encoders that have vectors here, without the one that compares passages with texts."""
        return [entry for entry in self._tables.encoders() if not entry.name.startswith(SENTENCE_PREFIX)]

    def list_superseded(self, encoder: Encoder) -> list[str]:
        """The ids of weights before those of an encoder that have vectors here; none if its own are earlier ones."""
        earlier = list_earlier_weights(encoder.name)
        if encoder.id in earlier:
            return []
        entries = [entry for entry in self.encoders() if entry.id != encoder.id and entry.vectors]
        return [entry.id for entry in entries if entry.name == encoder.name or entry.id in earlier]

    def list_to_reembed(self, encoder: Encoder) -> list[str]:
        """The paths of the files in place that have vectors of earlier weights of an encoder, but none of its own."""
        superseded = self.list_superseded(encoder)
        if not superseded:
            return []
        found = set[str]().union(*map(self.vector_ids, superseded)) - self.vector_ids(encoder.id)
        items = self._tables.rows("items", ITEMS).select(["id", "path", "status"])
        items = items.filter(pc.equal(items["status"], "ok"))
        here = zip(items["id"].to_pylist(), items["path"].to_pylist(), strict=True)
        return sorted(path for item_id, path in here if item_id in found)

    def vector_ids(self, encoder_id: str) -> set[str]:
        """The ids of the items that have vectors of this encoder."""
        return set(self._tables.column(table_name(encoder_id), "item_id") or ())

    def samplings(self, encoder_id: str) -> dict[str, str]:
        """How the videos that have vectors of this encoder were sampled, by item id."""

        def videos(table: Any) -> pa.Table | None:
            if SAMPLING.name not in table.schema.names:
                return None
            query = table.search().where("sampling IS NOT NULL").select(["item_id", SAMPLING.name])
            return query.limit(None).to_arrow()

        rows = self._tables.read(table_name(encoder_id), videos)
        return {} if rows is None else dict(zip(*(column.to_pylist() for column in rows.columns), strict=True))

    def item_vectors(self, encoder_id: str, item_ids: Sequence[str]) -> dict[str, list[VectorRow]]:
        """The stored vectors of some items, float16 (dim,), by item id; items without vectors are left out."""
        found: dict[str, list[VectorRow]] = {}
        for rows in self._tables.rows_with(table_name(encoder_id), "item_id", item_ids):
            dim = rows.schema.field("vector").type.list_size
            vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
            names = [name for name in rows.column_names if name != "vector"]
            for about, vector in zip(rows.select(names).to_pylist(), vectors, strict=True):
                found.setdefault(about["item_id"], []).append(_make_row(about, vector))
        return found

    def last_segment(self, encoder_id: str, vector_id: str) -> Segment | None:
        """Where the last of the rows stored under an id start and end; None where there are none."""
        (some,) = quote_values([vector_id])
        columns = [
            self._tables.column(table_name(encoder_id), name, where=f"item_id = {some}")
            for name in ("start_s", "end_s")
        ]
        starts, ends = ([value for value in column or () if value is not None] for column in columns)
        return Segment(max(starts), max(ends)) if starts and ends else None

    def vector_count(self, encoder_id: str) -> int:
        """How many vectors of this encoder are there, without those of unfinished videos."""
        count = self._tables.read(table_name(encoder_id), lambda table: table.count_rows("item_id NOT LIKE '%~%'"))
        return count or 0

    def vector_table(self, encoder_id: str) -> Any | None:
        """The Lance table of an encoder's vectors as it is now, to be read in batches; None where there are none."""
        return self._tables.open(table_name(encoder_id))

    def index(self, encoder: Encoder) -> VectorIndex:
        """The searchable vectors of an encoder, in memory. Read on first use; after a commit, what it added is."""
        slot = self._slot(encoder.id)
        items, vectors = self._tables.open("items"), self._tables.open(table_name(encoder.id))
        versions = (items.version if items else 0, vectors.version if vectors else 0)
        with slot.lock:
            if slot.loaded is None or slot.versions != versions:
                slot.loaded = load_index(self._tables, encoder, items, vectors, slot.loaded)
                slot.versions = versions
            return slot.loaded.index

    def size_bytes(self) -> int:
        """Bytes on disk of the library itself; files that lie elsewhere are not counted."""
        folders = os.walk(self._tables.path)
        return sum(_file_size(Path(root) / name) for root, _, names in folders for name in names)

    def _slot(self, encoder_id: str) -> IndexSlot:
        return self._indexes.setdefault(encoder_id, IndexSlot())  # one step, which no other thread interrupts


def _make_row(about: Mapping[str, Any], vector: NDArray[np.float16]) -> VectorRow:
    start, end = about["start_s"], about["end_s"]
    segment = None if start is None or end is None else Segment(start, end)
    return VectorRow(about["item_id"], vector, segment, about.get(SAMPLING.name))


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a version cleaned away between listing and asking
        return 0
