"""A library on disk: one directory, a Lance table of items, and one of vectors for each encoder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.encoders.base import Encoder, Vectors
from core.encoders.precomputed import PREFIX
from core.errors import LibraryError
from core.library.schema import ITEMS, Item, Label, LabelledBy, Passage, VectorRow, vectors_schema
from core.library.store import maintenance
from core.library.store.annotations import Annotations
from core.library.store.caption_vectors import CaptionVectors, StoredCaptions
from core.library.store.manifest import MANIFEST_NAME, make_library, read_manifest
from core.library.store.passages import TABLE as PASSAGE_TABLE
from core.library.store.passages import Passages
from core.library.store.reading import LibraryReader
from core.library.store.tables import TableFolder, check_is_there, delete_rows, explain_failed_write, table_name
from core.library.store.words import WordRows, Words
from core.utils.files import to_absolute

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # the table engine opens no folder whose path has any


class Library(LibraryReader):
    """One library. Cheap to open; safe to read from several threads while one process writes.

    Parameters
    ----------
    path
        The library's directory.
    create
        Whether to make a library there if there is none.

    Raises
    ------
    LibraryError
        Where there is no library, the directory holds something else, or a newer version wrote it.
    """

    def __init__(self, path: Path | str, *, create: bool = False) -> None:
        if not str(path):
            raise LibraryError("The path of the library is empty: name a folder (a dot is the current folder).")
        self.path = to_absolute(path)
        if _CONTROL.search(str(self.path)):
            raise LibraryError(f"{str(self.path)!r} holds a line break or control character: rename the folder.")
        if create and not (self.path / MANIFEST_NAME).exists():
            make_library(self.path)
        self.about = read_manifest(self.path)
        super().__init__(TableFolder(self.path))
        self._annotations = Annotations(self._tables)
        self._caption_vectors = CaptionVectors(self._tables)
        self._passages = Passages(self._tables)
        self._words = Words(self._tables)

    @property
    def name(self) -> str:
        """What people call it: the directory's name."""
        return self.path.name

    # labels and captions, which wait for no other writer: they have tables of their own

    def labels(self, task: str | None = None) -> list[Label]:
        """The labels of items, of one task or of all, sorted by task and item."""
        return self._annotations.labels(task)

    def label_names(self) -> list[str]:
        """The distinct labels of all tasks, sorted."""
        return sorted({label.label for label in self.labels()})

    def put_labels(self, labels: Sequence[Label]) -> None:
        """Labels items in one commit; a new label of an item replaces the one that it has in the same task."""
        self._annotations.put_labels(labels)

    def remove_labels(self, task: str, *, by: LabelledBy | None = None, item_ids: Sequence[str] | None = None) -> None:
        """Deletes the labels of a task: all, or only those by a person or by a model, or of some items."""
        self._annotations.remove_labels(task, by=by, item_ids=item_ids)

    def captions(self) -> list[tuple[str, str]]:
        """(item id, caption) of all captions, sorted; an item may have several."""
        return self._annotations.captions()

    def put_captions(self, captions: Sequence[tuple[str, str]]) -> None:
        """Adds captions (item id, caption) in one commit, none twice."""
        self._annotations.put_captions(captions)

    def stored_captions(self, encoder: Encoder) -> StoredCaptions | None:
        """The captions with their vectors of an encoder of sentences; None where there are no captions."""
        return self._caption_vectors.read(encoder)

    def put_caption_vectors(self, encoder: Encoder, texts: Sequence[str], vectors: Vectors) -> None:
        """Writes the vectors (n, dim) that an encoder of sentences gives to the words of captions."""
        self._caption_vectors.put(encoder, texts, vectors)

    def hand_on_labels(self, successors: Mapping[str, str]) -> None:
        """Moves captions, and labels by a person, from items to those that replace them (old id -> new id)."""
        self._annotations.hand_on(successors)

    # passages of documents

    def passages(self, item_ids: Sequence[str]) -> dict[str, list[Passage]]:
        """The passages of some documents by item id, in the order of their starts; other items are left out."""
        return self._passages.of_items(item_ids)

    def passage_ids(self) -> set[str]:
        """The ids of the items that have passages."""
        return self._passages.item_ids()

    def passage_table(self) -> Any | None:
        """The Lance table of passages as it is now, for its full-text index; None where there is no document."""
        return self._tables.open(PASSAGE_TABLE)

    def put_passages(self, passages: Sequence[Passage]) -> None:
        """Writes the passages of some documents, in place of all that these had. Written before their vectors."""
        self._passages.put(passages)

    def copy_passages(self, copies: Mapping[str, str]) -> None:
        """Gives documents the passages of others with the same content (new id -> id that has them)."""
        self._passages.copy(copies)

    def find_words(self, words: Sequence[str], *, limit: int) -> WordRows:
        """For each word the passages that contain it in any of its forms, at most `limit`.

        Function words, such as "the", are in none. None are found before `index_words`.
        """
        return self._words.find(words, limit)

    def index_words(self) -> None:
        """Makes the full-text index of the passages; `sweep` brings it up to date."""
        self._words.index()

    # writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the library for one writer. The system frees the lock even if the writer is killed.

        Raises LibraryError where another process is writing, or the directory does not allow it.
        """
        check_is_there(self.path)
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
            self.about = maintenance.upgrade(self._tables, self.about)
            yield
        finally:
            lock.release()

    def put_items(self, items: Sequence[Item], *, key: str = "path") -> None:
        """Writes items in one commit: rows with the same `key` ("path" or "id") are replaced, others are added."""
        if not items:
            return
        rows = pa.Table.from_pylist([asdict(item) for item in items], schema=ITEMS)
        with self._tables.changing("items"):
            merge = self._tables.create("items", ITEMS).merge_insert(key)
            merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def add_vectors(self, encoder: Encoder, rows: Sequence[VectorRow]) -> None:
        """Appends vectors in one commit. Written before their items: a vector without an item is invisible."""
        if not rows:
            return
        schema = vectors_schema(encoder.id, encoder.name, encoder.dim)
        halves = np.stack([row.vector for row in rows]).astype(np.float16)
        columns = [
            pa.array([row.item_id for row in rows], pa.string()),
            pa.array([None if row.segment is None else row.segment.start for row in rows], pa.float32()),
            pa.array([None if row.segment is None else row.segment.end for row in rows], pa.float32()),
            pa.FixedSizeListArray.from_arrays(pa.array(halves.ravel()), encoder.dim),
            pa.array([row.sampling for row in rows], pa.string()),
        ]
        table = pa.Table.from_arrays(columns, schema=schema)
        with self._tables.changing(table_name(encoder.id)):
            self._tables.create(table_name(encoder.id), schema).add(table)

    def replace_vectors(self, encoder: Encoder, item_id: str, *, by: str) -> None:
        """Gives an item the vectors stored under a staging id, and removes all others that it has."""
        table = self._tables.open(table_name(encoder.id))
        if table is not None:
            with self._tables.changing(table_name(encoder.id)):
                table.delete(f"item_id = '{item_id}' OR (item_id LIKE '{item_id}~%' AND item_id != '{by}')")
                table.update(where=f"item_id = '{by}'", values={"item_id": item_id})

    def remove_vectors(self, encoder: Encoder, item_ids: Sequence[str]) -> None:
        """Deletes the vectors that items have of one encoder."""
        self._delete(table_name(encoder.id), "item_id", item_ids)

    def remove_vectors_of_others(self, encoder: Encoder, item_ids: Sequence[str]) -> None:
        """Deletes the vectors that items have of other encoders, so that these embed them again. Imported ones stay:
        nobody here can make them; and those of earlier weights, by which the items are found until all is embedded."""
        stay = {encoder.id, *self.list_superseded(encoder)} if item_ids else set()
        for entry in self._tables.encoders() if item_ids else ():
            if entry.id not in stay and not entry.name.startswith(PREFIX):
                self._delete(table_name(entry.id), "item_id", item_ids)

    def remove_items(self, item_ids: Sequence[str]) -> None:
        """Deletes items with their vectors, labels and captions. The files themselves are not touched."""
        self._delete("items", "id", item_ids)
        self._annotations.forget(item_ids)
        self.sweep()

    # maintenance

    def find_damage(self, *, rest: Callable[[int], object] | None = None) -> list[str]:
        """Reads all files of the tables and compares them with their checksums.

        Parameters
        ----------
        rest : callable, optional
            Called with the bytes that were just read, up to a megabyte; it may wait, so that others are not held up.

        Returns
        -------
        list of str
            A sentence for each table of which a file is not as it was written. Files without a checksum, which other
            versions wrote, do not count.
        """
        return self._tables.find_damage(rest)

    def purge_missing(self) -> int:
        """Deletes the items whose files are missing; returns how many."""
        with self.writing():  # what is missing is read under the lock: a run that ended just now may have found it
            items = self.items()
            ids = items.filter(pc.equal(items["status"], "missing"))["id"].to_pylist()
            self.remove_items(ids)
        return len(ids)

    def drop_encoder(self, encoder_id: str) -> None:
        """Deletes all vectors of an encoder; the items stay."""
        with self.writing():
            self._drop(encoder_id)

    def drop_superseded(self, encoder: Encoder) -> None:
        """Deletes the vectors of earlier weights of this encoder, once everything that they find has vectors of these.

        From then on the library is searched with these weights (`core.library.weights`).
        """
        superseded = self.list_superseded(encoder)
        if superseded and self.vector_count(encoder.id) and not self.list_to_reembed(encoder):
            for encoder_id in superseded:
                self._drop(encoder_id)

    def sweep(self, *, drop_unfinished: bool = False) -> None:
        """Deletes vectors that belong to no item (left by a replaced file or a killed run), and compacts the tables.

        Vectors of an unfinished video stay as long as the library lists it. drop_unfinished: not if the video has
        vectors all the same, as after a run with another sampling, which nobody continues.
        """
        maintenance.sweep(self._tables, drop_unfinished=drop_unfinished)

    def delete(self) -> None:
        """Removes the library's directory. Files outside it are not touched; uploads, which are inside it, go too."""
        with self.writing():
            shutil.rmtree(self.path)

    # inside

    def _delete(self, name: str, column: str, values: Sequence[str]) -> None:
        table = self._tables.open(name) if values else None
        if table is not None:
            with self._tables.changing(name):
                delete_rows(table, column, values)

    def _drop(self, encoder_id: str) -> None:
        slot = self._slot(encoder_id)
        with slot.lock, explain_failed_write(self.path):
            with suppress(FileNotFoundError):  # the folder, since a damaged table must go too
                shutil.rmtree(self._tables.folder(table_name(encoder_id)))
            slot.loaded = slot.versions = None
