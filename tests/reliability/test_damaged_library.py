"""A library whose files were changed, cut, emptied, moved or removed: it is told by name, and nobody else is harmed."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections import Counter
from datetime import timedelta
from pathlib import Path

import lancedb
import pyarrow as pa
import pytest
from effort import rounds
from fakes import ColorEncoder
from flips import changes
from PIL import Image

from core import Term, search
from core.errors import LibraryError
from core.health import check_health
from core.library import Library, ingest
from core.library.schema import Label
from core.library.store.integrity import CHECKSUMS
from core.library.store.tables import DamagedTable, table_name
from ui.session.library_files import check_libraries, known_damage

pytestmark = pytest.mark.reliability


@pytest.fixture
def labelled(library: Library) -> Library:
    ids = library.items()["id"].to_pylist()
    library.put_labels([Label(item_id, "warmth", "warm", "person") for item_id in ids])
    library.put_captions([(item_id, "a colour") for item_id in ids])
    library.remove_labels("warmth", item_ids=ids[:2])
    return library


def test_changed_bytes_are_told_or_do_no_harm(labelled: Library, tmp_path: Path) -> None:
    found = list(changes(labelled.path, tmp_path, rounds(20, 200)))
    assert Counter(what for _, what, _ in found).keys() <= {"harmless", "told", "told by a check"}, found
    told = {kind: more for kind, what, more in found if what != "harmless"}
    for kind in ("items.lance/data", "labels.lance/data", "captions.lance/data"):
        assert kind.partition("/")[0] in told[kind]
    assert "vectors_" in told["vectors/data"]


@pytest.mark.parametrize("at", [-40, -32, -24, -16, -12])  # places and counts in the footer
def test_lengths_that_lie_are_told_where_there_is_no_checksum(library: Library, at: int) -> None:
    (library.path / "items.lance" / "checksums.txt").unlink()
    assert len(Library(library.path).items()) == 8  # not damaged: an earlier version wrote it
    for path in library.path.glob("items.lance/data/*.lance"):
        data = bytearray(path.read_bytes())
        data[at : at + 4] = struct.pack("<I", 0x7FFFFFF0)
        path.write_bytes(data)
    with pytest.raises(DamagedTable, match=r"items\.lance"):
        Library(library.path).items()


def test_an_open_library_notices_too(library: Library, encoder: ColorEncoder) -> None:
    search(library, encoder, [Term("text", "red")])
    path = max(library.path.glob("items.lance/data/*.lance"), key=os.path.getmtime)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedTable, match=path.name):
        search(library, encoder, [Term("text", "red")])


def test_a_bit_far_from_the_end_is_found_by_a_check(
    tmp_path: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("core.encoders.open_encoder", lambda *_: encoder)
    library = Library(tmp_path / "home" / "libraries" / "Large", create=True)
    library.put_captions([(f"{number:x}" * 8, f"caption {number}") for number in range(60_000)])
    (path,) = library.path.glob("captions.lance/data/*.lance")
    data = bytearray(path.read_bytes())
    assert len(data) > 400_000
    data[1_000] ^= 4
    path.write_bytes(data)
    (problem,) = library.find_damage()
    assert path.name in problem and "captions.lance" in problem
    checks = {check["name"]: check for check in check_health()["checks"]}
    assert not checks["library Large"]["ok"] and path.name in checks["library Large"]["told"]
    waited: list[float] = []
    check_libraries(waited.append)
    assert known_damage(library) == [problem] and waited


def test_a_file_that_cannot_be_read_is_damaged(library: Library) -> None:
    (path, *_) = sorted(library.path.glob("items.lance/data/*.lance"))
    path.unlink()
    path.mkdir()  # reading it is an error of the system, as at a bad place of a disk
    assert any(path.name in problem for problem in library.find_damage())


def test_a_line_of_the_checksums_that_holds_no_numbers_counts_as_none(library: Library) -> None:
    line = "data/other.lance x y z"
    with (library.path / "items.lance" / CHECKSUMS).open("a") as file:
        file.write(f"{line} {zlib.crc32(line.encode()):08x}\n")
    assert Library(library.path).find_damage() == []


def test_vectors_that_name_no_encoder_are_damaged_and_not_none(library: Library, encoder: ColorEncoder) -> None:
    import lancedb

    database, name = lancedb.connect(library.path), table_name(encoder.id)
    rows = database.open_table(name).to_arrow()
    database.create_table(name, rows.replace_schema_metadata(None), mode="overwrite")
    with pytest.raises(DamagedTable, match=name):
        search(Library(library.path), encoder, [Term("text", "red")])
    assert Library(library.path).encoders() == []


def test_a_table_without_its_versions_is_damaged_and_not_empty(library: Library, encoder: ColorEncoder) -> None:
    for name in ("items", table_name(encoder.id)):
        versions = library.path / f"{name}.lance" / "_versions"
        versions.rename(library.path / "aside")
        with pytest.raises(DamagedTable, match=name):
            search(library, encoder, [Term("text", "red")])
        (library.path / "aside").rename(versions)
    assert len(search(library, encoder, [Term("text", "red")]).hits) == 8


def test_a_table_that_lacks_a_column_is_damaged(library: Library) -> None:
    import lancedb

    database = lancedb.connect(library.path)
    database.create_table("items", database.open_table("items").to_arrow().drop(["path"]), mode="overwrite")
    with pytest.raises(DamagedTable, match="no column path"):
        Library(library.path).items()


@pytest.mark.parametrize("moved", [True, False])
def test_a_library_that_goes_while_it_is_open(
    library: Library, encoder: ColorEncoder, photos: Path, tmp_path: Path, moved: bool
) -> None:
    search(library, encoder, [Term("text", "red")])
    ids = library.items()["id"].to_pylist()
    library.path.rename(tmp_path / "elsewhere") if moved else shutil.rmtree(library.path)
    for act in (
        lambda: search(library, encoder, [Term("text", "red")]),
        lambda: library.items(),
        lambda: library.labels(),
        lambda: library.put_labels([Label(ids[0], "warmth", "warm", "person")]),
        lambda: library.put_captions([(ids[0], "warm")]),
        lambda: library.remove_labels("warmth"),
        lambda: ingest(library, encoder, [photos]),
        lambda: library.purge_missing(),
    ):
        with pytest.raises(LibraryError, match="not there any more"):
            act()
    assert not library.path.exists()


def test_a_library_that_is_removed_while_a_job_works_on_it(tmp_path: Path, photos: Path) -> None:
    library = Library(tmp_path / "doomed", create=True)

    class Removes(ColorEncoder):
        def encode_images(self, images):  # type: ignore[no-untyped-def]
            shutil.rmtree(library.path, ignore_errors=True)
            return super().encode_images(images)

    with pytest.raises(LibraryError, match="not there any more"):
        ingest(library, Removes(), [photos])
    assert not library.path.exists()


def test_a_table_whose_earlier_files_are_gone_is_whole(library: Library, photos: Path, encoder: ColorEncoder) -> None:
    """As half an hour later, when the files that the last change replaced are deleted: its version still names them."""
    Image.new("RGB", (60, 60), (10, 200, 90)).save(photos / "more.png")
    ingest(library, encoder, [photos])
    for path in library.path.glob("*.lance"):
        lancedb.connect(library.path).open_table(path.stem).optimize(cleanup_older_than=timedelta(0))
    found = Library(library.path)
    assert len(found.items()) == 9 and len(search(found, encoder, [Term("text", "red")]).hits) == 9
    assert not found.find_damage()


def test_an_open_library_stays_whole_when_lists_of_deleted_rows_go(
    library: Library, photos: Path, encoder: ColorEncoder
) -> None:
    """A later run packs them away, without a new version of the table."""
    (photos / "red.png").unlink()
    ingest(library, encoder, [photos])
    library.purge_missing()
    table = lancedb.connect(library.path).open_table("items")
    table.delete("path LIKE '%blue%'")
    assert list(library.path.glob("items.lance/_deletions/*"))
    for path in library.path.glob("items.lance/_deletions/*.arrow"):
        earlier = path.with_name("1-2-3.arrow")
        earlier.write_bytes(path.read_bytes())
    open_one = Library(library.path)
    assert len(open_one.items()) == 6
    earlier.unlink()
    assert len(open_one.items()) == 6 and not open_one.find_damage()


def test_a_file_of_another_writer_is_not_damaged(library: Library, encoder: ColorEncoder) -> None:
    import lancedb

    table = lancedb.connect(library.path).open_table("items")
    table.update(where="path LIKE '%red%'", values={"width": 7})
    table.optimize()
    assert 7 in Library(library.path).items()["width"].to_pylist() and library.find_damage() == []
    assert isinstance(library.items(), pa.Table)
