"""The passages of a library's documents: their words and places, beside the vectors.

The table comes with the first document. Passages are written before the vectors and the item of their document: those
of an item that is not listed are invisible, and `sweep` deletes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import pyarrow as pa

from core.library.schema import PASSAGES, Passage
from core.library.store.tables import TableFolder, delete_rows

TABLE = "passages"


class Passages:
    """The table of passages in a library's folder."""

    def __init__(self, tables: TableFolder) -> None:
        self._tables = tables

    def put(self, passages: Sequence[Passage]) -> None:
        """Writes the passages of some documents, in place of all that these had."""
        if passages:
            rows = pa.Table.from_pylist([asdict(passage) for passage in passages], schema=PASSAGES)
            table = self._tables.create(TABLE, PASSAGES)
            with self._tables.changing(TABLE):
                if table.count_rows():
                    delete_rows(table, "item_id", sorted({passage.item_id for passage in passages}))
                table.add(rows)

    def of_items(self, item_ids: Sequence[str]) -> dict[str, list[Passage]]:
        """The passages of some documents by item id, in the order of their starts."""
        found: dict[str, list[Passage]] = {}
        for part in self._tables.rows_with(TABLE, "item_id", item_ids):
            for row in part.sort_by([("item_id", "ascending"), ("start", "ascending")]).to_pylist():
                found.setdefault(row["item_id"], []).append(Passage(**row))
        return found

    def copy(self, copies: Mapping[str, str]) -> None:
        """Gives documents the passages of others with the same content (new id -> id that has them)."""
        found = self.of_items(sorted(set(copies.values()))) if copies else {}
        self.put([replace(passage, item_id=new) for new, old in copies.items() for passage in found.get(old, ())])

    def item_ids(self) -> set[str]:
        """The ids of the items that have passages."""
        return set(self._tables.column(TABLE, "item_id") or ())
