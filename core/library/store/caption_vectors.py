"""Sentence vectors of the captions of items, by which words find them: a table beside that of the captions.

It is derived, and made again where it is lost. A row belongs to the words, not to the item: items that share a caption
share its vector, and an item that gets a new id keeps it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.library.schema import CAPTIONS
from core.library.store.tables import DamagedTable, TableFolder, delete_rows, table_name

_CAPTIONS = "captions"
_PREFIX = "caption_"  # of the name that the table of an encoder would have


@dataclass(frozen=True, eq=False)
class StoredCaptions:
    """The captions of a library that have vectors.

    Attributes
    ----------
    item_ids : pyarrow.Array of str
        (n,) of the items that they are of.
    texts : tuple of str
        n of them.
    vectors : ndarray of float32, shape (n, dim)
        Unit rows, one for each.
    missing : tuple of str
        Captions that have no vector yet, each once.
    """

    item_ids: pa.Array
    texts: tuple[str, ...]
    vectors: Vectors
    missing: tuple[str, ...]


class CaptionVectors:
    """The vectors of captions in a library's folder."""

    def __init__(self, tables: TableFolder) -> None:
        self._tables = tables
        self._lock = threading.Lock()
        self._kept: tuple[tuple[str, int, int], StoredCaptions] | None = None

    def read(self, encoder: Encoder) -> StoredCaptions | None:
        """The captions with their vectors of an encoder of sentences, in memory until a table changes; None where the
        library has no captions."""
        captions, vectors = self._tables.open(_CAPTIONS), self._tables.open(_name(encoder.id))
        if captions is None:
            return None
        state = encoder.id, captions.version, vectors.version if vectors else 0
        with self._lock:
            if self._kept is None or self._kept[0] != state:
                rows = self._tables.rows_of(_CAPTIONS, captions, CAPTIONS)
                stored = self._tables.rows_of(_name(encoder.id), vectors, _schema(encoder))
                self._kept = state, _join(rows, stored, encoder.dim)
            return self._kept[1]

    def put(self, encoder: Encoder, texts: Sequence[str], vectors: NDArray[np.floating]) -> None:
        """Writes the vectors (n, dim) of captions in one commit, none twice."""
        if not texts:
            return
        halves = pa.array(vectors.astype(np.float16).ravel())
        columns = [pa.array(texts, pa.string()), pa.FixedSizeListArray.from_arrays(halves, encoder.dim)]
        rows = pa.Table.from_arrays(columns, schema=_schema(encoder))
        with self._tables.changing(_name(encoder.id)):
            merge = self._tables.create(_name(encoder.id), _schema(encoder)).merge_insert("caption")
            merge.when_not_matched_insert_all().execute(rows)


def sweep_captions(tables: TableFolder) -> None:
    """Deletes the vectors of captions that no item has any more."""
    for name in sorted(path.stem for path in tables.path.glob(f"{_PREFIX}vectors_*.lance")):
        with suppress(DamagedTable):  # searching reports the damage
            orphans = set(tables.column(name, "caption") or ()) - set(tables.column(_CAPTIONS, "caption") or ())
            if (table := tables.open(name)) is not None and orphans:
                with tables.changing(name):
                    delete_rows(table, "caption", sorted(orphans))
            tables.compact(name)


def _name(encoder_id: str) -> str:
    return f"{_PREFIX}{table_name(encoder_id)}"


def _schema(encoder: Encoder) -> pa.Schema:
    return pa.schema(
        [
            pa.field("caption", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float16(), encoder.dim), nullable=False),
        ],
        metadata={"encoder_id": encoder.id, "encoder_name": encoder.name, "dim": str(encoder.dim)},
    )


def _join(captions: pa.Table, stored: pa.Table, dim: int) -> StoredCaptions:
    places = pc.index_in(captions["caption"], value_set=stored["caption"].combine_chunks())
    known = pc.is_valid(places)
    some = captions.filter(known)
    halves = stored["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
    vectors = halves[places.drop_null().to_numpy()].astype(np.float32)
    missing = pc.unique(captions.filter(pc.invert(known))["caption"]).to_pylist()
    return StoredCaptions(
        some["item_id"].combine_chunks(), tuple(some["caption"].to_pylist()), vectors, tuple(sorted(missing))
    )
