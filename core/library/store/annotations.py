"""Labels and captions of a library's items: two tables that are written without waiting for another writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import pyarrow as pa

from core.library.schema import CAPTIONS, LABELS, Label, LabelledBy
from core.library.store.tables import TableFolder, delete_rows, quote_values

TABLES = ("labels", "captions")


class Annotations:
    """The labels and captions in a library's tables."""

    def __init__(self, tables: TableFolder) -> None:
        self._tables = tables

    def labels(self, task: str | None = None) -> list[Label]:
        """The labels of one task or of all, sorted by task and item."""
        rows = self._tables.rows("labels", LABELS)
        rows = rows.sort_by([("task", "ascending"), ("item_id", "ascending")])
        return [Label(**row) for row in rows.to_pylist() if task in (None, row["task"])]

    def captions(self) -> list[tuple[str, str]]:
        """(item id, caption) of all captions, sorted; an item may have several."""
        rows = self._tables.rows("captions", CAPTIONS)
        rows = rows.sort_by([("item_id", "ascending"), ("caption", "ascending")])
        return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))

    def put_labels(self, labels: Sequence[Label]) -> None:
        """Writes labels in one commit; a new label of an item replaces the one that it has in the same task."""
        if labels:
            rows = pa.Table.from_pylist([asdict(label) for label in labels], schema=LABELS)
            with self._tables.changing("labels"):
                merge = self._tables.create("labels", LABELS).merge_insert(["item_id", "task"])
                merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def put_captions(self, captions: Sequence[tuple[str, str]]) -> None:
        """Adds captions (item id, caption) in one commit, none twice."""
        if captions:
            columns = zip(*dict.fromkeys(captions), strict=True)
            rows = pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=CAPTIONS)
            with self._tables.changing("captions"):
                merge = self._tables.create("captions", CAPTIONS).merge_insert(["item_id", "caption"])
                merge.when_not_matched_insert_all().execute(rows)

    def hand_on(self, successors: Mapping[str, str]) -> None:
        """Moves captions, and labels by a person, from items to those that replace them (old id -> new id)."""
        if successors:
            labels = [label for label in self.labels() if label.by == "person" and label.item_id in successors]
            self.put_labels([replace(label, item_id=successors[label.item_id]) for label in labels])
            self.put_captions([(successors[old], text) for old, text in self.captions() if old in successors])
            self.forget(list(successors))

    def remove_labels(self, task: str, *, by: LabelledBy | None = None, item_ids: Sequence[str] | None = None) -> None:
        """Deletes the labels of a task: all, or only those by a person or by a model, or of some items."""
        (named,) = quote_values([task])
        only = f"task = {named}" + (f" AND by = '{by}'" if by else "")
        items = [None] if item_ids is None else list(quote_values(item_ids))
        if (table := self._tables.open("labels")) is not None:
            with self._tables.changing("labels"):
                for some in items:
                    table.delete(only + (f" AND item_id IN ({some})" if some else ""))

    def forget(self, item_ids: Sequence[str]) -> None:
        """Deletes the labels and captions of items. Those of items that are not listed stay: these may come back."""
        for name in TABLES:
            if (table := self._tables.open(name)) is not None:
                with self._tables.changing(name):
                    delete_rows(table, "item_id", item_ids)
