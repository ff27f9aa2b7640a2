"""The index follows the tables: after a commit it is what a new process reads, whatever was in memory before."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from PIL import Image

from core.library import Library, VectorIndex, ingest
from core.library.schema import VectorRow
from core.library.store.tables import TableFolder


def as_rows(index: VectorIndex) -> list[tuple[str, bytes]]:
    ids = index.items["id"].take(index.item_rows).to_pylist()
    return [(item, row.tobytes()) for item, row in zip(ids, index.vectors(np.arange(len(index))), strict=True)]


def equals_a_new_one(library: Library, encoder: ColorEncoder) -> bool:
    return as_rows(library.index(encoder)) == as_rows(Library(library.path).index(encoder))


def test_an_index_follows_what_is_added_renamed_removed_and_compacted(
    library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    before = library.index(encoder)
    for number, color in enumerate(("red", "navy", "teal")):
        Image.new("RGB", (40, 30 + number), color).save(photos / f"added {number}.png")
    ingest(library, encoder, [photos])
    assert len(library.index(encoder)) == len(before) + 3 and equals_a_new_one(library, encoder)
    (photos / "added 1.png").unlink()
    (photos / "added 0.png").rename(photos / "renamed.png")
    ingest(library, encoder, [photos])
    assert len(library.index(encoder)) == len(before) + 2 and equals_a_new_one(library, encoder)
    library.remove_items([before.items["id"][0].as_py()])
    assert equals_a_new_one(library, encoder)
    library.sweep()
    assert equals_a_new_one(library, encoder)


def test_a_commit_reads_only_what_it_added(
    library: Library, encoder: ColorEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Library(library.path)  # another process would index
    before = library.index(encoder)
    with other.writing():
        row = other.item_vectors(encoder.id, [before.items["id"][0].as_py()])
        other.add_vectors(encoder, [each for rows in row.values() for each in rows])
    read: list[int] = []
    query = TableFolder.query

    def counting(self: TableFolder, *args: object) -> object:
        found = query(self, *args)  # type: ignore[arg-type]
        if hasattr(found, "schema") and "vector" in found.schema.names and hasattr(found, "num_rows"):
            read.append(found.num_rows)
        return found

    monkeypatch.setattr(TableFolder, "query", counting)
    assert len(library.index(encoder)) == len(before) + 1
    assert sum(read) == 1 + 3, "three tell that it is the same table"


def test_a_table_that_was_made_anew_is_read_anew(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    library.index(encoder)
    table = next(library.path.glob("vectors_*.lance"))
    shutil.rmtree(table)  # by another process, which then embeds in another order
    again = Library(library.path)
    ingest(again, encoder, sorted(photos.rglob("*.png"), reverse=True))
    assert equals_a_new_one(library, encoder)


def test_other_vectors_under_the_same_rows_are_read_anew(library: Library, encoder: ColorEncoder) -> None:
    before = library.index(encoder)
    ids = before.items["id"].take(before.item_rows).to_pylist()
    shutil.rmtree(next(library.path.glob("vectors_*.lance")))
    again = Library(library.path)
    turned = np.roll(before.vectors(np.arange(len(before))), 1, axis=1)
    with again.writing():
        again.add_vectors(encoder, [VectorRow(item, row) for item, row in zip(ids, turned, strict=True)])
        again.remove_vectors(encoder, [])
        again.add_vectors(encoder, [VectorRow(ids[0], turned[0])])  # another version than the one in memory
    assert equals_a_new_one(library, encoder)
