"""Items of no library told into classes, and items of a library with labels from folders and tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import write_video
from PIL import Image

from core.classify.embedded_set import embed_files_set, embed_texts_set
from core.classify.zero_shot import ClassName, ZeroShot
from core.encoders.base import Vectors
from core.errors import DataError
from core.library import Filters, Item, Library, get_item_names, ingest, safe_name
from core.library.labels import get_folder_labels, has_folder_classes, read_table, select_labeled_items
from core.recommend.feedback import read_feedback


def items_of(library: Library, encoder: ColorEncoder) -> list[Item]:
    return [Item.from_row(row) for row in library.index(encoder).items.to_pylist()]


def test_files_keep_their_order_and_their_answers(tmp_path: Path, photos: Path, encoder: ColorEncoder) -> None:
    write_video(tmp_path / "clip.mp4", ["blue", "blue"])
    (tmp_path / "broken.png").write_bytes(b"no picture")
    paths = [photos / "red.png", tmp_path / "clip.mp4", tmp_path / "broken.png", photos / "more" / "green.png"]
    embedded_set = embed_files_set(encoder, paths)
    predictions = embedded_set.predict(
        ZeroShot.of(encoder, [ClassName(name) for name in ("blue", "green", "red")]), threshold=0.0
    )
    assert [(Path(entry.source).name, entry.label) for entry in predictions] == [
        ("red.png", "red"),
        ("clip.mp4", "blue"),
        ("green.png", "green"),
    ]
    assert [path for path, _ in embedded_set.failed] == [str(tmp_path / "broken.png")]
    assert [entry.item.kind for entry in predictions if entry.item] == ["image", "video", "image"]


def test_files_that_vanish_meanwhile_are_listed(
    tmp_path: Path, photos: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_video(tmp_path / "clip.mp4", ["blue", "blue"])
    encode = encoder.encode_images

    def vanish(images: Sequence[Image.Image]) -> Vectors:
        for path in (photos / "red.png", tmp_path / "clip.mp4"):
            path.unlink(missing_ok=True)
        return encode(images)

    monkeypatch.setattr(encoder, "encode_images", vanish)
    embedded_set = embed_files_set(encoder, [photos / "red.png", photos / "blue.png", tmp_path / "clip.mp4"])
    assert embedded_set.sources == (str(photos / "blue.png"),)
    assert {path for path, _ in embedded_set.failed} == {str(photos / "red.png"), str(tmp_path / "clip.mp4")}
    assert all("disappeared" in reason for _, reason in embedded_set.failed)


def test_texts_are_told_too(encoder: ColorEncoder) -> None:
    predictions = embed_texts_set(encoder, ["a red car", "the blue sea"]).predict(
        ZeroShot.of(encoder, [ClassName("blue"), ClassName("red")])
    )
    assert [(entry.source, entry.label) for entry in predictions] == [("a red car", "red"), ("the blue sea", "blue")]


def test_folders_and_tables_label_items(library: Library, encoder: ColorEncoder) -> None:
    items = items_of(library, encoder)
    assert set(get_folder_labels(items).values()) == {"photos", "more"}
    assert has_folder_classes(items)
    assert not has_folder_classes([item for item in items if "more" not in item.path]), "one folder tells nothing apart"
    clip = replace(items[0], path="/clips/a.mp4", kind="video")
    photos = [item for item in items if "more" not in item.path]
    assert not has_folder_classes([*photos, clip]), "photos and clips are no classes"
    red = next(item for item in items if item.path.endswith("red.png"))
    table = read_table(f"file,label,price\n{red.path},warm,1.5\ngreen.png,cold,2\nno.png,cold,3\n".encode())
    labels, unknown = table.column("label", items)
    data = select_labeled_items(library.index(encoder), labels)
    assert unknown == ["no.png"] and table.numeric() == ["price"]
    predictions = {Path(item.path).stem: label for item, label in zip(data.items, data.labels, strict=True)}
    assert predictions == {"red": "warm", "green": "cold"}
    rows = [Path(item.path).stem for item in data.items]
    assert np.allclose(data.vectors @ encoder.encode_texts(rows).T, data.vectors @ data.vectors.T, atol=0.05)


def test_files_of_one_name_are_told_apart_by_their_folders(
    tmp_path: Path, library: Library, encoder: ColorEncoder
) -> None:
    for folder, color in (("cats", "red"), ("dogs", "blue")):
        (tmp_path / "pets" / folder).mkdir(parents=True)
        Image.new("RGB", (64, 64), color).save(tmp_path / "pets" / folder / "1.jpg")
    ingest(library, encoder, [tmp_path / "pets"])
    items = items_of(library, encoder)
    table = read_table(b"file,label\ncats/1.jpg,cat\n.\\dogs\\1.jpg,dog\n1.jpg,pet\nelse/1.jpg,no\nelse/red.png,red\n")
    found, unknown = table.column("label", items)
    predictions = {"/".join(Path(item.path).parts[-2:]): found[item.id] for item in items if item.id in found}
    assert predictions == {"cats/1.jpg": "cat", "dogs/1.jpg": "dog", "photos/red.png": "red"}
    assert unknown == ["1.jpg", "else/1.jpg"]


def test_names_meet_whatever_the_unicode_form(tmp_path: Path, library: Library, encoder: ColorEncoder) -> None:
    """Labels, likes, uploads and the folder filter: files in NFC, tables as macOS writes them."""
    folder = tmp_path / "größe"
    folder.mkdir()
    Image.new("RGB", (64, 64), "red").save(folder / "café.jpg")
    ingest(library, encoder, [folder])
    item = next(item for item in items_of(library, encoder) if item.path.endswith("café.jpg"))
    parts = unicodedata.normalize("NFD", "größe/café.jpg")
    assert read_table(f"Image;Label\n{parts};cat\n".encode()).column("Label", [item]) == ({item.id: "cat"}, [])
    feedback, missing = read_feedback(f"item\n{parts}\n".encode(), get_item_names(library))
    assert (list(feedback.liked), missing) == ([item.id], ())
    here = Filters(folder=unicodedata.normalize("NFD", str(folder))).mask(library.index(encoder).items)
    assert here is not None and here.sum() == 1
    assert safe_name(parts, b"x") == safe_name("café.jpg", b"x")


def test_the_column_of_files_may_stand_anywhere() -> None:
    table = read_table(b"label,Image\ncat,1.jpg\n")
    assert (table.files, table.columns) == (("1.jpg",), {"label": ("cat",)})


def test_a_video_stands_for_the_mean_over_its_time(tmp_path: Path, library: Library, encoder: ColorEncoder) -> None:
    (tmp_path / "clips").mkdir()
    write_video(tmp_path / "clips" / "two.mp4", ["red", "blue"])
    ingest(library, encoder, [tmp_path / "clips"])
    data = select_labeled_items(library.index(encoder), {entry.id: "x" for entry in items_of(library, encoder)})
    vector = data.vectors[[Path(item.path).name for item in data.items].index("two.mp4")]
    red, blue = encoder.encode_texts(["red", "blue"])
    assert vector @ red == pytest.approx(vector @ blue, abs=0.1) and vector @ red > 0.3


@pytest.mark.parametrize("data", [b"", b"file,label\n", b"only\none\n", b"\xff\xfe\x00"])
def test_a_table_that_lacks_something_is_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        read_table(data)
