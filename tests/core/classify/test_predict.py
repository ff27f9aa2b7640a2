"""Libraries, files and texts told into classes; classes from tables; answers as tables and folders."""

from __future__ import annotations

import csv
import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import write_video

from core.classify.class_lists import format_classes, read_classes
from core.classify.embedded_set import embed_files_set, embed_texts_set
from core.classify.export import predictions_csv, write_folders
from core.classify.predict import Prediction, classify_library
from core.classify.zero_shot import NONE, ClassName, ZeroShot
from core.errors import DataError
from core.library import Library, ingest
from core.library.filters import Filters
from core.progress import Task


def classes(encoder: ColorEncoder, *names: str) -> ZeroShot:
    return ZeroShot.of(encoder, [ClassName(name) for name in names])


@pytest.fixture
def both(library: Library, encoder: ColorEncoder, photos: Path) -> Library:
    """The photos with two videos: one mostly blue, one red."""
    write_video(photos / "mostly blue.mp4", (("red", 2.0), ("blue", 6.0)), size=(64, 48))
    write_video(photos / "more" / "all red.mp4", ("red",), seconds_each=3.0, size=(64, 48))
    ingest(library, encoder, [photos])
    return library


def test_a_library_is_told_by_its_stored_vectors(both: Library, encoder: ColorEncoder) -> None:
    seen = encoder.images_seen
    predictions = classify_library(both, encoder, classes(encoder, "red", "green", "blue"))
    assert encoder.images_seen == seen
    found = {Path(entry.source).name: entry for entry in predictions}
    assert len(predictions) == len(found) == 10
    for name, label in (
        ("red.png", "red"), ("green.png", "green"), ("blue.png", "blue"), ("white.png", NONE),
        ("mostly blue.mp4", "blue"), ("all red.mp4", "red"),
    ):  # fmt: skip
        assert found[name].label == label, name
    assert found["mostly blue.mp4"].probability == pytest.approx(0.75, abs=0.06)  # of its time
    assert all(entry.item is not None and entry.item.path == entry.source for entry in predictions)


def test_only_some_items_and_any_threshold(both: Library, encoder: ColorEncoder, photos: Path) -> None:
    zero_shot = classes(encoder, "red", "blue")
    folder = classify_library(both, encoder, zero_shot, filters=Filters(folder=str(photos / "more")))
    assert len(folder) == 5 and all(Path(entry.source).parent == photos / "more" for entry in folder)
    videos = classify_library(both, encoder, zero_shot, filters=Filters(kind="video"))
    assert {Path(entry.source).suffix for entry in videos} == {".mp4"} and len(videos) == 2
    assert NONE not in {entry.label for entry in classify_library(both, encoder, zero_shot, threshold=0.0)}
    assert {entry.label for entry in classify_library(both, encoder, zero_shot, threshold=1.0)} == {NONE}


def test_telling_reports_and_can_be_stopped(both: Library, encoder: ColorEncoder) -> None:
    steps: list[tuple[int, int | None]] = []
    zero_shot = classes(encoder, "red", "blue")
    classify_library(both, encoder, zero_shot, task=Task(lambda entry: steps.append((entry.done, entry.total))))
    assert steps == [(1, 3), (2, 3), (3, 3)]  # the pictures, and each video
    stop = threading.Event()
    sample = classify_library(both, encoder, zero_shot, task=Task(lambda entry: stop.set(), stop))
    assert len(sample) == 8
    assert classify_library(Library(both.path.parent / "new", create=True), encoder, zero_shot) == []


def test_files_keep_their_order_and_bad_ones_are_listed(encoder: ColorEncoder, photos: Path) -> None:
    write_video(photos / "clip.mp4", ("green",), seconds_each=2.0, size=(64, 48))
    (photos / "broken.jpg").write_text("words")
    names = ("red.png", "clip.mp4", "broken.jpg", "blue.png", "nowhere.png")
    embedded_set = embed_files_set(encoder, [photos / name for name in names])
    predictions = embedded_set.predict(classes(encoder, "red", "green", "blue"))
    assert [(Path(entry.source).name, entry.label) for entry in predictions] == [
        ("red.png", "red"), ("clip.mp4", "green"), ("blue.png", "blue")
    ]  # fmt: skip
    assert [Path(path).name for path, _ in embedded_set.failed] == ["broken.jpg", "nowhere.png"]
    assert all(reason for _, reason in embedded_set.failed)


def test_texts(encoder: ColorEncoder) -> None:
    predictions = embed_texts_set(encoder, ["a red day", "the blue hour"]).predict(classes(encoder, "blue", "red"))
    assert [(entry.source, entry.label) for entry in predictions] == [("a red day", "red"), ("the blue hour", "blue")]
    assert embed_texts_set(encoder, []).predict(classes(encoder, "red")) == []


def test_one_class_alone(both: Library, encoder: ColorEncoder) -> None:
    """Is it this, or not?"""
    predictions = classify_library(both, encoder, classes(encoder, "red"), filters=Filters(kind="image"))
    labels = {Path(entry.source).stem: entry.label for entry in predictions}
    assert labels["red"] == "red" and {labels["blue"], labels["green"], labels["white"]} == {NONE}


def test_classes_of_a_table(tmp_path: Path) -> None:
    table = tmp_path / "classes.csv"
    table.write_text("name,description\n warm ,red,orange\ncold,blue\nwarm,yellow,red\n\nnone of these,white,black\n")
    assert read_classes(table) == [
        ClassName("warm", ("red", "orange", "yellow")),
        ClassName("cold", ("blue",)),
        ClassName("white", negative=True),
        ClassName("black", negative=True),
    ]
    for separator, ending in ((";", "\n"), ("\t", "\r\n"), ("; ", "\n")):
        rows = (("Name", "descriptions"), ("cat", "a kitten, small"), ("dog", ""), ("- people", ""))
        table.write_text(ending.join(separator.join(row) for row in rows))
        assert read_classes(table) == [
            ClassName("cat", ("a kitten, small",)), ClassName("dog"), ClassName("people", negative=True),
        ]  # fmt: skip
    classes = [ClassName('the "big", one', ("a; b",)), ClassName('5" disk'), ClassName("people", negative=True)]
    table.write_text(format_classes(classes))
    assert read_classes(table) == classes
    table.write_text("\ufeffcat\ndog\n", encoding="utf-8")
    assert read_classes(table) == [ClassName("cat"), ClassName("dog")]
    for content in (b"", b"name\n", b"\xff\xfe\x00", b"none of these,white\n"):
        table.write_bytes(content)
        with pytest.raises(DataError):
            read_classes(table)
    with pytest.raises(DataError, match="cannot be read"):
        read_classes(tmp_path / "nowhere.csv")


def test_answers_as_a_table_and_as_folders(encoder: ColorEncoder, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "red.png").write_bytes((photos / "red.png").read_bytes())
    zero_shot = ZeroShot.of(encoder, [ClassName("red"), ClassName("=2+2/..", ("blue",))])
    paths = [photos / "red.png", tmp_path / "other" / "red.png", photos / "blue.png"]
    predictions = embed_files_set(encoder, paths).predict(zero_shot, threshold=0.0)
    rows = list(csv.DictReader(io.StringIO(predictions_csv(predictions, zero_shot.names, redact=str))))
    assert [row["what"] for row in rows] == [str(path) for path in paths]
    assert rows[0]["label"] == "red" and rows[2]["label"] == "'=2+2/.."  # no spreadsheet runs it
    assert float(rows[0]["red"]) == pytest.approx(predictions[0].probability, abs=1e-4)
    paths[1].unlink()
    buffer = io.BytesIO()
    left_out = write_folders(predictions, buffer, redact=str)
    with zipfile.ZipFile(buffer) as archive:
        names = archive.namelist()
        assert archive.read("left out.txt").decode() == str(paths[1])
        assert archive.read("red/red.png") == (photos / "red.png").read_bytes()
    assert left_out == [str(paths[1])]
    assert len(names) == 3 and not any(".." in name or name.startswith("/") for name in names)


def test_folders_keep_files_and_classes_apart(tmp_path: Path) -> None:
    files = {"x/a.jpg": "c", "x/2 a.jpg": "c", "y/a.jpg": "c", "z/a.jpg": "p/q", "z/b.jpg": "p_q", "z/c.jpg": "P_Q"}
    bad = tmp_path / "z" / "\udcff.jpg"  # a name that is not UTF-8
    for path in (*(tmp_path / file for file in files), bad):
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.name.encode("utf-8", "replace").decode())
    predictions = [
        Prediction(str(path), label, 1.0, 1.0, np.ones(1, np.float32))
        for path, label in [(bad, "c"), *((tmp_path / file, label) for file, label in files.items())]
    ]
    buffer = io.BytesIO()
    assert write_folders(predictions, buffer, redact=str) == [str(bad)]
    with zipfile.ZipFile(buffer) as archive:
        assert archive.namelist() == [
            "c/a.jpg", "c/2 a.jpg", "c/3 a.jpg", "p_q/a.jpg", "2 p_q/b.jpg", "3 P_Q/c.jpg", "left out.txt"
        ]  # fmt: skip
        assert archive.testzip() is None


def test_names_that_are_not_utf8_are_written_out_in_a_table(encoder: ColorEncoder, photos: Path) -> None:
    path = photos / "\udcff, red.png"
    path.write_bytes((photos / "red.png").read_bytes())
    zero_shot = classes(encoder, "red", "blue")
    table = predictions_csv(embed_files_set(encoder, [path]).predict(zero_shot), zero_shot.names, redact=str)
    rows = list(csv.DictReader(io.StringIO(table.encode("utf-8").decode())))
    assert [(row["what"], row["label"]) for row in rows] == [(str(photos / r"\udcff, red.png"), "red")]
