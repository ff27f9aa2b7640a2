"""The rows of an export: vectors as a library stores them, with what is known of their items, read in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.errors import DataError
from core.library.filters import Filters
from core.library.public.keyed_ids import seal
from core.library.schema import EncoderEntry, Label
from core.library.store import Library
from core.progress import SILENT, Task
from core.utils.tables import Redact

AT_ONCE = 1_000  # vectors in memory at a time

LABELS = pa.list_(
    pa.struct([("task", pa.string()), ("label", pa.string()), ("by", pa.string()), ("probability", pa.float32())])
)
ABOUT = pa.schema(
    [
        ("path", pa.string()),
        ("item_id", pa.string()),
        ("kind", pa.string()),
        ("start_s", pa.float32()),  # within a video; empty for pictures
        ("end_s", pa.float32()),
        ("taken_at", pa.timestamp("s")),
        ("labels", LABELS),
        ("captions", pa.list_(pa.string())),
        ("content_hash", pa.string()),
        ("sampling", pa.string()),
    ]
)
_OF_ITEMS = ("path", "kind", "taken_at", "content_hash")


@dataclass(frozen=True, eq=False)
class RowBatch:
    """Some rows of an export. about: as `ABOUT`; vectors: (n, dim) float32."""

    about: pa.Table
    vectors: Vectors


@dataclass(frozen=True, eq=False)
class ExportRows:
    """The rows of an export: the vectors of one encoder that belong to searchable items, or to some of them.

    library: its name; entry: the encoder; items: the table of the items, with their labels and captions.
    """

    library: str
    entry: EncoderEntry
    items: pa.Table
    labels: pa.Array
    captions: pa.Array
    redact: Redact
    _table: Any

    @classmethod
    def load(
        cls,
        library: Library,
        encoder_id: str,
        *,
        redact: Redact,
        filters: Filters | None = None,
        item_ids: Collection[str] | None = None,
    ) -> ExportRows:
        """Raises DataError where there is nothing to take away, and LibraryError."""
        items = library.items()
        items = items.filter(pc.equal(items["status"], "ok"))
        mask = (filters or Filters()).mask(items, library)
        items = items if mask is None else items.filter(pa.array(mask))
        if item_ids is not None:
            items = items.filter(pc.is_in(items["id"], value_set=pa.array(list(item_ids), pa.string())))
        entry = next((encoder for encoder in library.encoders() if encoder.id == encoder_id), None)
        table = library.vector_table(encoder_id)
        ids = items["id"].to_pylist()
        rows = cls(
            library.name,
            entry or EncoderEntry(encoder_id, "", 0, 0),
            items.combine_chunks(),
            _labels_of(ids, library.labels()),
            _captions_of(ids, library.captions()),
            redact,
            table,
        )
        if entry is None or table is None or not len(rows):
            raise DataError("There are no vectors to export: index files with this encoder, or choose other items.")
        return rows

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _count(self) -> int:
        known = self.items["id"].combine_chunks()
        batches = self._table.search().select(["item_id"]).limit(None).to_batches(65_536)
        return sum(int(pc.sum(pc.is_in(batch["item_id"], value_set=known)).as_py() or 0) for batch in batches)

    @task_keywords
    def parts(self, *, task: Task = SILENT) -> Iterator[RowBatch]:
        """The rows in the order of the library's table, some at a time. Raises Cancelled."""
        stage, done = task.stage("export", "vectors"), 0
        known = self.items["id"].combine_chunks()
        names = [
            name for name in ("item_id", "start_s", "end_s", "sampling", "vector") if name in self._table.schema.names
        ]
        for batch in self._table.search().select(names).limit(None).to_batches(AT_ONCE):
            task.check("Stopped: nothing was written.")
            places = pc.index_in(batch["item_id"], value_set=known)
            cached, places = batch.filter(pc.is_valid(places)), places.drop_null()
            if not len(cached):
                continue
            halves = cached["vector"].flatten().to_numpy(zero_copy_only=False).reshape(-1, self.entry.dim)
            yield RowBatch(self._about(cached, places), halves.astype(np.float32))
            done += len(cached)
            stage.report(done, len(self))

    def _about(self, batch: pa.RecordBatch, places: pa.Array) -> pa.Table:
        of_items = self.items.take(places)
        columns = {name: of_items[name] for name in _OF_ITEMS}
        columns["path"] = pa.array(map(self.redact, of_items["path"].to_pylist()), pa.string())
        columns |= {"labels": self.labels.take(places), "captions": self.captions.take(places)}
        columns |= {name: batch[name] for name in batch.schema.names if name != "vector"}
        columns["item_id"] = pa.array(map(seal, batch["item_id"].to_pylist()), pa.string())
        empty = pa.nulls(len(batch))
        return pa.table({name: columns.get(name, empty) for name in ABOUT.names}).cast(ABOUT)


def labels_text(labels: list[dict[str, Any]] | None) -> str:
    """Labels in one cell: `animal: cat; colour: red`."""
    return "; ".join(f"{entry['task']}: {entry['label']}" for entry in labels or [])


def _labels_of(ids: list[str], labels: list[Label]) -> pa.Array:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for label in labels:
        predictions = {"task": label.task, "label": label.label, "by": label.by, "probability": label.probability}
        found[label.item_id].append(predictions)
    return pa.array([found.get(item_id, []) for item_id in ids], LABELS)


def _captions_of(ids: list[str], captions: list[tuple[str, str]]) -> pa.Array:
    found: dict[str, list[str]] = defaultdict(list)
    for item_id, caption in captions:
        found[item_id].append(caption)
    return pa.array([found.get(item_id, []) for item_id in ids], pa.list_(pa.string()))
