"""Vectors taken away and brought in: every format, exactly, in spite of hostile names and tables."""

from __future__ import annotations

import csv
import threading
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

from core import Library, Term, ingest, open_encoder, search
from core.cli.main import main
from core.encoders import EncoderInfo, register_encoder, unregister_encoder
from core.errors import Cancelled, DataError, EncoderError
from core.explore.atlas import AtlasRequest, build_atlas
from core.explore.cluster_naming import name_clusters
from core.explore.clustering import Clusters
from core.library.filters import Filters
from core.library.ingest.reader import ReadFile
from core.library.ingest.scan import FoundFile
from core.library.schema import Label
from core.policy import get_policy
from core.progress import Task
from core.share import vector_import as importing
from core.share.vector_export import export_vectors
from core.share.vector_formats import export_formats, open_vectors
from core.share.vector_import import import_vectors


@pytest.fixture
def mixed(tmp_path: Path, library: Library, photos: Path, encoder: ColorEncoder) -> Library:
    """Pictures of eight colours and a video, with labels and captions."""
    write_video(photos / "clip.mp4", ["red", "blue"])
    ingest(library, encoder, [photos])
    red = item_of(library, "red.png")
    library.put_labels([Label(red, "colour", "=red", "person"), Label(red, "mood", "warm", "model", 0.5)])
    library.put_captions([(red, "a red square"), (red, "it is red")])
    return library


@pytest.fixture(autouse=True)
def known_encoder() -> Iterator[None]:
    """The colour encoder opens by its name, as an installed one does."""
    register_encoder(EncoderInfo("colour", "Colours", lambda name, report: ColorEncoder()))
    yield
    unregister_encoder("colour")


def item_of(library: Library, name: str) -> str:
    rows = library.items().to_pylist()
    return next(row["id"] for row in rows if Path(row["path"]).name == name)


def stored(library: Library, encoder_id: str) -> dict[tuple[str, float | None, float | None], bytes]:
    """Every vector of a library, by whose it is."""
    ids = library.items()["id"].to_pylist()
    rows = [row for group in library.item_vectors(encoder_id, ids).values() for row in group]
    return {(row.item_id, row.segment): np.asarray(row.vector).tobytes() for row in rows}


def write_table(path: Path, paths: list[str], vectors: object, **more: object) -> Path:
    pq.write_table(pa.table({"path": paths, "embedding": vectors, **more}), path)
    return path


# out


@pytest.mark.parametrize("suffix", [".parquet", ".npz"])
def test_what_goes_out_comes_back_exactly_and_nothing_is_embedded(
    mixed: Library, tmp_path: Path, encoder: ColorEncoder, suffix: str
) -> None:
    out = tmp_path / f"vectors{suffix}"
    report = export_vectors(mixed, encoder.id, out)
    assert (report.vectors, report.dim) == (mixed.vector_count(encoder.id), 48)
    seen, other = encoder.images_seen, Library(tmp_path / "other", create=True)
    found = import_vectors(other, out)
    assert (found.encoder, found.vectors, found.items, found.left_out) == ("colour", report.vectors, 9, [])
    assert stored(other, encoder.id) == stored(mixed, encoder.id) and encoder.images_seen == seen
    again = ingest(other, encoder, [tmp_path / "photos"])
    assert (again.unchanged, again.embedded) == (9, 0)
    if suffix == ".parquet":
        assert other.labels() == mixed.labels() and other.captions() == mixed.captions()


def test_a_person_s_labels_are_not_overwritten(mixed: Library, tmp_path: Path, encoder: ColorEncoder) -> None:
    export_vectors(mixed, encoder.id, tmp_path / "v.parquet")
    red = item_of(mixed, "red.png")
    mixed.put_labels([Label(red, "colour", "scarlet", "person")])
    import_vectors(mixed, tmp_path / "v.parquet")
    assert [label.label for label in mixed.labels("colour")] == ["scarlet"]


def test_a_csv_holds_numbers_and_no_formulas(tmp_path: Path, encoder: ColorEncoder) -> None:
    hostile = tmp_path / "in" / '@SUM(1+1)*cmd|"quoted", two\nlines.png'
    hostile.parent.mkdir()
    Image.new("RGB", (40, 40), COLORS["red"]).save(hostile)
    library = Library(tmp_path / "l", create=True)
    ingest(library, encoder, [hostile.parent])
    library.put_labels([Label(item_of(library, hostile.name), "=1+1", "=cmd()", "person")])
    export_vectors(library, encoder.id, tmp_path / "v.csv")
    with (tmp_path / "v.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["path"] == str(hostile) and row["labels"] == "'=1+1: =cmd()"
    vector = np.array([float(row[f"v{n}"]) for n in range(48)])
    assert vector.astype(np.float16).tobytes() == next(iter(stored(library, encoder.id).values()))


def test_the_public_is_told_no_folders(mixed: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    for suffix in export_formats():
        export_vectors(mixed, "colour-1", tmp_path / f"v{suffix}", redact=get_policy().display_path)
        packed = (tmp_path / f"v{suffix}").read_bytes()
        if suffix == ".zip":
            with zipfile.ZipFile(tmp_path / "v.zip") as archive:
                packed = b"".join(archive.read(name) for name in archive.namelist())
        assert str(tmp_path).encode() not in packed, suffix
    assert pq.read_table(tmp_path / "v.parquet")["path"].to_pylist()[0].endswith(".png")


def test_the_projector_gets_as_many_lines_as_vectors_and_a_sprite(mixed: Library, tmp_path: Path) -> None:
    report = export_vectors(mixed, "colour-1", tmp_path / "v.zip", sprite=True)
    with zipfile.ZipFile(tmp_path / "v.zip") as archive:
        vectors = archive.read("vectors.tsv").decode().splitlines()
        about = archive.read("metadata.tsv").decode().splitlines()
        config = archive.read("config.pbtxt").decode()
        with archive.open("sprite.png") as file:
            sprite = Image.open(file).convert("RGB")
    assert len(vectors) == len(about) - 1 == report.vectors and {len(line.split("\t")) for line in vectors} == {48}
    assert {len(line.split("\t")) for line in about} == {5} and about[0].startswith("name\tkind")
    assert config.count("single_image_dim: 64") == 2 and '"vectors.tsv"' in config
    columns = sprite.width // 64
    assert columns == int(np.ceil(np.sqrt(report.vectors)))
    place = next(n for n, line in enumerate(about[1:]) if line.startswith("green.png"))
    middle = ((place % columns) * 64 + 32, (place // columns) * 64 + 32)
    assert np.allclose(sprite.getpixel(middle), COLORS["green"], atol=12)


def test_only_some_items_go_out(mixed: Library, tmp_path: Path, photos: Path) -> None:
    sample = export_vectors(mixed, "colour-1", tmp_path / "a.npz", filters=Filters(folder=str(photos / "more")))
    one = export_vectors(mixed, "colour-1", tmp_path / "b.npz", item_ids=[item_of(mixed, "red.png")])
    assert (sample.vectors, one.vectors) == (4, 1)
    with np.load(tmp_path / "b.npz") as arrays:
        assert str(arrays["path"][0]).endswith("red.png") and arrays["vectors"].shape == (1, 48)
    with pytest.raises(DataError, match="no vectors to export"):
        export_vectors(mixed, "colour-1", tmp_path / "c.npz", filters=Filters(label="none such"))
    with pytest.raises(DataError, match=r"\.parquet, \.csv"):
        export_vectors(mixed, "colour-1", tmp_path / "c.xlsx")


def test_a_stopped_export_leaves_what_was_there(mixed: Library, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("before")
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        export_vectors(mixed, "colour-1", tmp_path / "v.csv", task=Task(cancel=stop))
    assert (tmp_path / "v.csv").read_text() == "before" and not list(tmp_path.glob(".v*"))


# in


def test_foreign_vectors_find_their_items_and_are_made_unit(library: Library, photos: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.png"
    Image.new("RGB", (30, 20), "red").save(new)
    paths = [str(photos / "red.png"), "more/green.png", "blue.png", "new.png", "gone.png", "/etc/passwd", "a\0b.png"]
    vectors = np.random.default_rng(0).normal(size=(7, 8)) * 1e200
    found = import_vectors(library, write_table(tmp_path / "mine.parquet", paths, list(vectors)))
    assert (found.encoder, found.items, found.added) == ("imported:mine:8", 4, 1)
    assert {path for path, _ in found.left_out} == {"gone.png", "/etc/passwd", "a\0b.png"}
    index = library.index(open_encoder(found.encoder))
    lengths = np.linalg.norm(index.vectors(np.arange(len(index))), axis=1)
    assert np.allclose(lengths, 1, atol=1e-3)
    assert item_of(library, "new.png") in index.items["id"].to_pylist()


def test_bad_rows_are_told_and_the_others_come_in(library: Library, photos: Path, tmp_path: Path) -> None:
    names = ["red.png", "blue.png", "white.png", "red.png"]
    vectors = np.array([[1.0, 2], [np.nan, 1], [0, 0], [3, 1]])
    np.savez_compressed(tmp_path / "v.npz", paths=np.array(names), embeddings=np.asfortranarray(vectors))
    found = import_vectors(library, tmp_path / "v.npz", name="two numbers")
    assert found.encoder == "imported:two numbers:2" and found.items == 1
    assert [path for path, _ in found.left_out] == ["blue.png", "white.png", "red.png"]
    assert "not finite" in found.left_out[0][1] and "earlier row" in found.left_out[2][1]


def test_a_changed_file_does_not_get_the_vector_of_what_it_was(
    library: Library, photos: Path, tmp_path: Path, encoder: ColorEncoder
) -> None:
    export_vectors(library, encoder.id, tmp_path / "v.parquet")
    Image.new("RGB", (99, 60), COLORS["blue"]).save(photos / "red.png")
    other = Library(tmp_path / "other", create=True)
    found = import_vectors(other, tmp_path / "v.parquet")
    assert found.items == 7 and "has changed" in found.left_out[0][1]


def test_a_video_needs_seconds_for_more_than_one_vector(mixed: Library, tmp_path: Path) -> None:
    two = list(np.eye(2))
    with pytest.raises(DataError, match="start_s"):
        import_vectors(mixed, write_table(tmp_path / "v.parquet", ["clip.mp4", "clip.mp4"], two))
    table = write_table(tmp_path / "v.parquet", ["clip.mp4", "clip.mp4"], two, start_s=[0.0, 2.0], end_s=[2.0, 4.0])
    assert import_vectors(mixed, table).vectors == 2
    one = import_vectors(mixed, write_table(tmp_path / "one.parquet", ["clip.mp4"], two[:1]))
    assert one.vectors == 1


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"path": ["red.png"], "embedding": [[1.0]]}, "2 to 4096"),
        ({"path": ["red.png"], "embedding": [[1.0] * 5000]}, "2 to 4096"),
        ({"path": ["red.png", "blue.png"], "embedding": [[1.0, 2.0], [1.0, 2.0, 3.0]]}, "not all of 2"),
        ({"path": ["red.png", "blue.png"], "embedding": [[1.0, 2.0], None]}, "without a vector"),
        ({"where": ["red.png"], "embedding": [[1.0, 2.0]]}, "no column of paths"),
        ({"path": ["red.png"], "other": ["text"]}, "no column of vectors"),
        ({"path": ["elsewhere.png"], "embedding": [[1.0, 2.0]]}, "Not one row"),
    ],
)
def test_tables_that_will_not_do_say_why(library: Library, tmp_path: Path, columns: dict, why: str) -> None:
    pq.write_table(pa.table(columns), tmp_path / "v.parquet")
    with pytest.raises(DataError, match=why):
        import_vectors(library, tmp_path / "v.parquet")
    assert [entry.name for entry in library.encoders()] == ["colour"]


def test_pickles_are_not_opened(library: Library, tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "ran",)

    np.savez(tmp_path / "v.npz", paths=np.array([Hostile()], object), vectors=np.ones((1, 4)))
    with pytest.raises(DataError, match="can run code"):
        import_vectors(library, tmp_path / "v.npz")
    (tmp_path / "w.npz").write_bytes(b"no zip")
    with pytest.raises(DataError, match="cannot be read"):
        open_vectors(tmp_path / "w.npz")
    assert not (tmp_path / "ran").exists()


def test_the_public_brings_in_vectors_of_its_own_items_alone(library: Library, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (20, 20)).save(secret)
    table = write_table(tmp_path / "v.parquet", ["red.png", str(secret)], list(np.eye(2)))
    found = import_vectors(library, table, new_files=False)
    assert found.items == 1 and found.left_out == [(str(secret), "Not in the library.")]


def test_paths_may_be_categories_with_backslashes_and_in_parts(library: Library, tmp_path: Path) -> None:
    Image.new("RGB", (20, 20)).save(tmp_path / "photos" / "größe.png")
    names = [r"photos\more\green.png", "red.png", unicodedata.normalize("NFD", r".\photos\größe.png")]
    paths = pa.array(names).dictionary_encode()
    report = import_vectors(library, write_table(tmp_path / "v.parquet", paths, list(np.eye(3))))
    assert (report.items, report.added, report.left_out) == (3, 1, [])


@pytest.mark.parametrize(
    "name", ["owner/model@main", "owner/model", "{folder}", "{folder}@pca2-0123456789", "../x@pca2-01"]
)
def test_a_file_opens_no_folder_and_starts_no_download(
    library: Library, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "model" / "model.safetensors").write_bytes(b"")
    opened: list[str] = []
    monkeypatch.setattr(importing, "open_encoder", lambda name: opened.append(name) or open_encoder(name))
    table = pa.table({"path": ["red.png"], "embedding": [[1.0, 2.0]]})
    about = {"encoder_name": name.format(folder=tmp_path / "model"), "encoder_id": "model"}
    pq.write_table(table.replace_schema_metadata(about), tmp_path / "v.parquet")
    report = import_vectors(library, tmp_path / "v.parquet")
    assert report.encoder == "imported:v:2" and opened == ["imported:v:2"]


def test_a_file_opens_only_encoders_that_are_offered(library: Library, tmp_path: Path, encoder: ColorEncoder) -> None:
    export_vectors(library, encoder.id, tmp_path / "v.parquet")
    asked: list[str] = []
    report = import_vectors(library, tmp_path / "v.parquet", may_open=lambda name: bool(asked.append(name)))
    assert report.encoder == "imported:v:48" and asked == ["colour"]


def test_a_file_that_goes_while_vectors_are_imported_is_left_out(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / "stays.png", tmp_path / "goes.png"]
    for number, file in enumerate(files):
        Image.new("RGB", (20, 20 + number)).save(file)
    read = importing.read_file

    def read_and_remove(found: FoundFile, **options: Any) -> ReadFile:
        result = read(found, **options)
        if found.path == str(files[1]):
            files[1].unlink()
        return result

    monkeypatch.setattr(importing, "read_file", read_and_remove)
    report = import_vectors(library, write_table(tmp_path / "v.parquet", list(map(str, files)), list(np.eye(2))))
    assert (report.items, report.added) == (1, 1)
    assert report.left_out == [(str(files[1]), "It cannot be read (No such file or directory).")]


# what works with them


def test_imported_vectors_have_neighbours_maps_and_clusters_but_no_words(library: Library, tmp_path: Path) -> None:
    paths = library.items()["path"].to_pylist()
    rng = np.random.default_rng(0)
    corners = np.repeat(np.eye(4), [2, 2, 2, 2], axis=0) + rng.normal(scale=0.05, size=(8, 4))
    name = import_vectors(library, write_table(tmp_path / "v.parquet", paths, list(corners))).encoder
    encoder = open_encoder(name)
    ids = library.items()["id"].to_pylist()
    assert search(library, encoder, [Term("item", ids[0])]).hits[0].item.id == ids[1]
    atlas = build_atlas(library, encoder, AtlasRequest(layout="pca", k=4))
    assert atlas.clusters.count == 4 and all(title.startswith("like ") for title in atlas.titles())
    assert atlas.names[0].describe(3) == "The encoder of these vectors reads no words"
    vectors = library.index(encoder).vectors(np.arange(8))
    assert name_clusters(encoder, vectors, Clusters(np.zeros(8, int), vectors[:1], "kmeans", None))[0].name is None
    with pytest.raises(EncoderError, match="cannot embed text"):
        search(library, encoder, [Term("text", "a dog")])
    with pytest.raises(EncoderError, match="cannot embed other"):
        search(library, encoder, [Term("image", tmp_path / "photos" / "red.png")])


@pytest.mark.parametrize("name", ["imported:x", "imported:x:1", "imported:x:5000", "imported:../x:12", "imported::12"])
def test_names_of_imported_vectors_are_checked(name: str) -> None:
    with pytest.raises(EncoderError, match="not the name of imported"):
        open_encoder(name)


def test_the_command_line_takes_them_there_and_back(
    mixed: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "v.parquet"
    assert main(["export", "--library", str(mixed.path), "--out", str(out), "--quiet"]) == 0
    assert "vectors of 48 numbers" in capsys.readouterr().out
    assert main(["import", str(out), "--library", str(tmp_path / "other"), "--quiet", "--json"]) == 0
    assert '"encoder": "colour"' in capsys.readouterr().out
    assert main(["import", str(tmp_path / "none.npz"), "--library", str(tmp_path / "third")]) == 2
    assert not (tmp_path / "third").exists()
