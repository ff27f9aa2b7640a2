"""A library on disk: one directory, a Lance table of items, and one of vectors for each encoder."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import filelock
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.encoders.base import Encoder
from core.encoders.calibration import get_calibration
from core.errors import LibraryError
from core.library.index import VectorIndex, build_index
from core.library.ingest.staging import is_staging_id, split_staging_id
from core.library.manifest import MANIFEST_NAME, make_library, read_manifest, write_manifest
from core.library.schema import (
    CAPTIONS,
    FORMAT_VERSION,
    ITEMS,
    LABELS,
    SAMPLING,
    EncoderEntry,
    Item,
    Label,
    LabelledBy,
    Status,
    VectorRow,
    vectors_schema,
)
from core.library.tables import (
    DamagedTable,
    atomic_table_write,
    delete_rows,
    explain_damage,
    first_line,
    make_damaged_error,
    pack,
    quote_values,
    table_name,
)
from core.utils.files import to_absolute


class Library:
    """One library. Cheap to open; safe to read from several threads while one process writes."""

    def __init__(self, path: Path | str, *, create: bool = False) -> None:
        """Opens the library in a directory, or makes one there with `create`.

        Raises LibraryError where there is none, where the directory holds something else, or where it was
        written by a newer version.
        """
        self.path = to_absolute(path)
        if create and not (self.path / MANIFEST_NAME).exists():
            make_library(self.path)
        self.about = read_manifest(self.path)
        import lancedb  # takes a second: only who opens a library waits for it

        try:
            self._db = lancedb.connect(self.path)
        except (OSError, RuntimeError, ValueError) as error:
            raise LibraryError(f"The library {str(self.path)!r} cannot be opened ({first_line(error)}).") from error
        self._indexes: dict[str, tuple[tuple[int, int], VectorIndex]] = {}
        self._index_lock = threading.Lock()

    @property
    def name(self) -> str:
        """What people call it: the directory's name."""
        return self.path.name

    # reading

    def items(self) -> pa.Table:
        """All rows of the `items` table, in the order of their paths."""
        with self._reading("items") as table:
            rows = table.to_arrow() if table else ITEMS.empty_table()
        return rows.sort_by("path")

    def item(self, item_id: str) -> Item | None:
        """The item of an id, whatever its status; None where there is none."""
        return next(iter(self.items_with([item_id])), None)

    def items_with(self, item_ids: Sequence[str]) -> list[Item]:
        """The items of some ids, whatever their status, in no order; those that are not there are left out."""
        with self._reading("items") as table:
            ways = [table.search().where(f"id IN ({sample})") for sample in quote_values(item_ids)] if table else []
            rows = [row for way in ways for row in way.limit(None).to_list()]
        return [Item.from_row(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many items have each status: {"ok", "failed", "missing"}."""
        with self._reading("items") as table:
            return {arg: table.count_rows(f"status = '{arg}'") if table else 0 for arg in get_args(Status)}

    def failures(self) -> list[Item]:
        """The files that could not be read, each with its reason."""
        items = self.items()
        return [Item.from_row(row) for row in items.filter(pc.equal(items["status"], "failed")).to_pylist()]

    def encoders(self) -> list[EncoderEntry]:
        """The encoders that have vectors here."""
        return [entry for _, entry in self._vector_tables()]

    def vector_ids(self, encoder_id: str) -> set[str]:
        """The ids of the items that have vectors of this encoder."""
        with self._reading(table_name(encoder_id)) as table:
            rows = table.search().select(["item_id"]).limit(None).to_arrow() if table else None
        return set(rows["item_id"].to_pylist()) if rows else set()

    def samplings(self, encoder_id: str) -> dict[str, str]:
        """How the videos that have vectors of this encoder were sampled, by item id."""
        with self._reading(table_name(encoder_id)) as table:
            if table is None or SAMPLING.name not in table.schema.names:
                return {}
            videos = table.search().where("sampling IS NOT NULL").select(["item_id", SAMPLING.name]).limit(None)
            return dict(zip(*(column.to_pylist() for column in videos.to_arrow().columns), strict=True))

    def item_vectors(self, encoder_id: str, item_ids: Sequence[str]) -> dict[str, list[VectorRow]]:
        """The stored vectors of some items, float16, by item id; an item without any is not in the answer."""
        found: dict[str, list[VectorRow]] = {}
        with self._reading(table_name(encoder_id)) as table:
            ways = (
                [table.search().where(f"item_id IN ({sample})") for sample in quote_values(item_ids)] if table else []
            )
            parts = [way.limit(None).to_arrow() for way in ways]
        for rows in (part.combine_chunks() for part in parts):
            dim = rows.schema.field("vector").type.list_size
            vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
            names = [name for name in rows.column_names if name != "vector"]
            for about, vector in zip(rows.select(names).to_pylist(), vectors, strict=True):
                found.setdefault(about["item_id"], []).append(VectorRow(**about, vector=vector))
        return found

    def clip_end(self, encoder_id: str, vector_id: str) -> float | None:
        """The second at which the rows stored under an id end; None where there are none."""
        with self._reading(table_name(encoder_id)) as table:
            if table is None:
                return None
            ends = table.search().where(f"item_id = '{vector_id}'").select(["end_s"]).limit(None).to_arrow()["end_s"]
        return pc.max(ends).as_py() if len(ends) else None

    def vector_count(self, encoder_id: str) -> int:
        """How many vectors of this encoder are there, without those of unfinished videos."""
        with self._reading(table_name(encoder_id)) as table:
            return table.count_rows("item_id NOT LIKE '%~%'") if table else 0

    def labels(self, task: str | None = None) -> list[Label]:
        """The labels of items, of one task or of all, in the order of tasks and items."""
        with self._reading("labels") as table:
            rows = table.to_arrow() if table else LABELS.empty_table()
        rows = rows.sort_by([("task", "ascending"), ("item_id", "ascending")])
        return [Label(**row) for row in rows.to_pylist() if task in (None, row["task"])]

    def captions(self) -> list[tuple[str, str]]:
        """(item id, caption) of all captions that are known to describe items; an item may have several."""
        with self._reading("captions") as table:
            rows = table.to_arrow() if table else CAPTIONS.empty_table()
        rows = rows.sort_by([("item_id", "ascending"), ("caption", "ascending")])
        return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))

    def vector_table(self, encoder_id: str) -> Any | None:
        """The Lance table of an encoder's vectors as it is now, to be read in batches; None where there are none."""
        return self._open(table_name(encoder_id))

    def index(self, encoder: Encoder) -> VectorIndex:
        """The searchable vectors of an encoder, in memory. Built on first use and again after each commit."""
        items, vectors = self._open("items"), self._open(table_name(encoder.id))
        key = (items.version if items else 0, vectors.version if vectors else 0)
        with self._index_lock:
            cached = self._indexes.get(encoder.id)
            if cached and cached[0] == key:
                return cached[1]
            with self._reading(table_name(encoder.id)):
                schema = vectors_schema(encoder.id, encoder.name, encoder.dim)
                rows = vectors.to_arrow() if vectors else schema.empty_table()
            with self._reading("items"):
                listed = items.to_arrow() if items else ITEMS.empty_table()
            index = build_index(encoder.id, encoder.dim, listed, rows, get_calibration(encoder))
            self._indexes[encoder.id] = (key, index)
            return index

    def size_bytes(self) -> int:
        """Bytes on disk of the library itself (the photos stay where they are and are not counted)."""
        return sum(_file_size(Path(root) / name) for root, _, names in os.walk(self.path) for name in names)

    # writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the library for one writer. The system frees the lock even if the writer is killed.

        Raises LibraryError where another process is writing, or the directory does not allow it.
        """
        lock = filelock.FileLock(self.path / ".writing.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise LibraryError(
                f"{self.name} is being indexed by another process: wait until it has finished."
            ) from None
        except OSError as error:
            raise LibraryError(
                f"{self.path} cannot be written ({error.strerror}). It can still be searched; to change it, make it "
                "writable, or copy it to a place where you may write."
            ) from error
        try:
            self._upgrade()
            yield
        finally:
            lock.release()

    def put_items(self, items: Sequence[Item], *, key: str = "path") -> None:
        """Writes items in one commit: rows with the same `key` ("path" or "id") are replaced, others are added."""
        if not items:
            return
        rows = pa.Table.from_pylist([asdict(item) for item in items], schema=ITEMS)
        with self._changing("items"):
            table = self._db.create_table("items", schema=ITEMS, exist_ok=True)
            table.merge_insert(key).when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def add_vectors(self, encoder: Encoder, rows: Sequence[VectorRow]) -> None:
        """Appends vectors in one commit. Written before their items: a vector without an item is invisible."""
        if not rows:
            return
        schema = vectors_schema(encoder.id, encoder.name, encoder.dim)
        halves = np.stack([row.vector for row in rows]).astype(np.float16)
        columns = [
            pa.array([row.item_id for row in rows], pa.string()),
            pa.array([row.start_s for row in rows], pa.float32()),
            pa.array([row.end_s for row in rows], pa.float32()),
            pa.FixedSizeListArray.from_arrays(pa.array(halves.ravel()), encoder.dim),
            pa.array([row.sampling for row in rows], pa.string()),
        ]
        with self._changing(table_name(encoder.id)):
            table = self._db.create_table(table_name(encoder.id), schema=schema, exist_ok=True)
            table.add(pa.Table.from_arrays(columns, schema=schema))

    def replace_vectors(self, encoder: Encoder, item_id: str, *, by: str) -> None:
        """Gives an item the vectors stored under a `partial_id`, instead of all others that it has."""
        table = self._open(table_name(encoder.id))
        if table is not None:
            with self._changing(table_name(encoder.id)):
                table.delete(f"item_id = '{item_id}' OR (item_id LIKE '{item_id}~%' AND item_id != '{by}')")
                table.update(where=f"item_id = '{by}'", values={"item_id": item_id})

    def remove_vectors(self, encoder: Encoder, item_ids: Sequence[str]) -> None:
        """Forgets the vectors that items have of one encoder."""
        table = self._open(table_name(encoder.id)) if item_ids else None
        if table is not None:
            with self._changing(table_name(encoder.id)):
                delete_rows(table, "item_id", item_ids)

    def put_labels(self, labels: Sequence[Label]) -> None:
        """Labels items in one commit; in each task an item has one label, and the new one replaces the old.

        It waits for no other writer: labels have a table of their own.
        """
        if labels:
            rows = pa.Table.from_pylist([asdict(label) for label in labels], schema=LABELS)
            with self._changing("labels"):
                table = self._db.create_table("labels", schema=LABELS, exist_ok=True)
                merge = table.merge_insert(["item_id", "task"])
                merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def put_captions(self, captions: Sequence[tuple[str, str]]) -> None:
        """Adds captions (item id, caption) in one commit, none twice, and waits for no other writer."""
        if captions:
            columns = zip(*dict.fromkeys(captions), strict=True)
            rows = pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=CAPTIONS)
            with self._changing("captions"):
                table = self._db.create_table("captions", schema=CAPTIONS, exist_ok=True)
                table.merge_insert(["item_id", "caption"]).when_not_matched_insert_all().execute(rows)

    def hand_on_labels(self, successors: Mapping[str, str]) -> None:
        """Gives items (old id -> new id) what a person called those that they take the place of, and their captions."""
        if successors:
            labels = [label for label in self.labels() if label.by == "person" and label.item_id in successors]
            self.put_labels([replace(label, item_id=successors[label.item_id]) for label in labels])
            self.put_captions([(successors[old], text) for old, text in self.captions() if old in successors])
            self._forget(list(successors))

    def remove_labels(self, task: str, *, by: LabelledBy | None = None, item_ids: Sequence[str] | None = None) -> None:
        """Forgets the labels of a task: all, or only those by a person or by a model, or of some items."""
        table = self._open("labels")
        if table is not None:
            with self._changing("labels"):
                (named,) = quote_values([task])
                only = f"task = {named}" + (f" AND by = '{by}'" if by else "")
                for sample in [None] if item_ids is None else quote_values(item_ids):
                    table.delete(only + (f" AND item_id IN ({sample})" if sample else ""))

    def remove_items(self, item_ids: Sequence[str]) -> None:
        """Forgets items and their vectors. The files themselves are not touched."""
        table = self._open("items")
        if table is not None:
            with self._changing("items"):
                delete_rows(table, "id", item_ids)
        self._forget(item_ids)
        self.sweep()

    def purge_missing(self) -> int:
        """Forgets the items whose files have vanished; returns how many."""
        with self.writing():  # what is missing is read under the lock: a run that ended just now may have found it
            items = self.items()
            ids = items.filter(pc.equal(items["status"], "missing"))["id"].to_pylist()
            self.remove_items(ids)
        return len(ids)

    def drop_encoder(self, encoder_id: str) -> None:
        """Forgets all vectors of an encoder; the items stay."""
        with self.writing():
            self._drop(encoder_id)

    def drop_superseded(self, encoder: Encoder) -> None:
        """Forgets vectors of earlier weights of this encoder, once all searchable items have vectors of these.

        They could never be searched again: the name opens the encoder as it is now.
        """
        items = self.items()
        searchable = set(items.filter(pc.not_equal(items["status"], "failed"))["id"].to_pylist())
        if searchable and searchable <= self.vector_ids(encoder.id):
            for entry in self.encoders():
                if entry.name == encoder.name and entry.id != encoder.id:
                    self._drop(entry.id)

    def sweep(self, *, drop_unfinished: bool = False) -> None:
        """Deletes vectors that belong to no item (left by a replaced file or a killed run), and packs the tables.

        Those of a video that is not finished stay as long as the library lists it; with drop_unfinished, not if the
        video is embedded all the same: it was to be sampled otherwise, and then nobody went on with that.
        """
        with self._reading("items") as items:
            if items is None:  # lost, perhaps, and about to be made again: then all of it is still wanted
                return
            known = set(items.search().select(["id"]).limit(None).to_arrow()["id"].to_pylist())
        with explain_damage(self.path):
            for table, entry in self._vector_tables():
                with suppress(DamagedTable):  # whoever asks for this encoder is told
                    ids = self.vector_ids(entry.id)
                    owners = {value: split_staging_id(value)[0] for value in ids}
                    given_up = {
                        value for value in ids if drop_unfinished and is_staging_id(value) and owners[value] in ids
                    }
                    orphans = {value for value in ids if owners[value] not in known}
                    with self._changing(table_name(entry.id)):
                        delete_rows(table, "item_id", sorted(orphans | given_up))
                    pack(table, self._folder(table_name(entry.id)))
            for name, read in (("labels", self.labels), ("captions", self.captions), ("items", self.items)):
                with suppress(DamagedTable):
                    if read():  # all of it: packing a damaged table would fail as a full disk does
                        pack(self._open(name), self._folder(name))

    def delete(self) -> None:
        """Removes the library's directory. Photos outside it are not touched; uploads, which live inside it, go too."""
        with self.writing():
            shutil.rmtree(self.path)

    # inside

    def _upgrade(self) -> None:
        """Brings a library of an earlier format up to date: once, by its first writer, before anything is written."""
        if self.about["format"] < FORMAT_VERSION:
            with explain_damage(self.path):
                for name in self._vector_names():
                    if (table := self._open(name)) is not None and SAMPLING.name not in table.schema.names:
                        table.add_columns(SAMPLING)
                self.about = {**self.about, "format": FORMAT_VERSION}
                write_manifest(self.path, self.about)

    def _drop(self, encoder_id: str) -> None:
        with self._index_lock, explain_damage(self.path):
            with suppress(FileNotFoundError):  # the folder, since a damaged table must go too
                shutil.rmtree(self._folder(table_name(encoder_id)))
            self._indexes.pop(encoder_id, None)

    def _open(self, name: str) -> Any | None:
        """A fresh handle on a table, at its newest version; None where it does not exist yet."""
        versions = self._folder(name) / "_versions"
        if not any(path.suffix == ".manifest" for path in versions.glob("*")):  # also where the process died making it
            return None
        try:
            return self._db.open_table(name)
        except Exception as error:
            raise make_damaged_error(self.path, name, error) from error

    @contextmanager
    def _reading(self, name: str) -> Iterator[Any | None]:
        """A table to be read in the block, see `_open`. Raises DamagedTable, which says what to do."""
        try:
            yield self._open(name)
        except (OSError, RuntimeError, ValueError) as error:
            raise make_damaged_error(self.path, name, error) from error

    @contextmanager
    def _changing(self, name: str) -> Iterator[None]:
        """A table to be written in the block. Raises LibraryError, and then the table is as it was, or as committed."""
        with explain_damage(self.path), atomic_table_write(self._folder(name)):
            yield

    def _folder(self, name: str) -> Path:
        return self.path / f"{name}.lance"

    def _forget(self, item_ids: Sequence[str]) -> None:
        """The labels and captions of items. Others stay, also of items that are not listed: these may be again."""
        for name in ("labels", "captions"):
            if (table := self._open(name)) is not None:
                with self._changing(name):
                    delete_rows(table, "item_id", item_ids)

    def _vector_names(self) -> list[str]:
        return sorted(path.stem for path in self.path.glob("vectors_*.lance"))

    def _vector_tables(self) -> list[tuple[Any, EncoderEntry]]:
        """Without damaged ones, so that they cost nobody else anything: who asks for their encoder is told."""
        found = []
        for name in self._vector_names():
            with suppress(DamagedTable):
                if (table := self._open(name)) is not None:
                    about = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
                    dim, count = int(about["dim"]), table.count_rows()
                    found.append((table, EncoderEntry(about["encoder_id"], about["encoder_name"], dim, count)))
        return found


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a version cleaned away between listing and asking
        return 0
