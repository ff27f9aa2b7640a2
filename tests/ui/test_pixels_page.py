"""Pixels or embeddings, as a visitor meets it: compared when asked, a picture picked, both learned from."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image
from visiting import component, item_id, labels, library_of_shades, press, said, settled, visit

from core import Library, ingest
from core.library.registry import create_library

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
PAGE = "pages/pixels.py"


@pytest.fixture
def shades(tmp_path: Path) -> Library:
    return library_of_shades(tmp_path)


def test_nothing_is_read_before_somebody_asks(shades: Library) -> None:
    at = visit(PAGE)
    assert "Compare" in labels(at) and not component(at, "cards")
    at = settled(press(at, "Compare"))
    assert "The labels are clusters of the embeddings" in said(at), "what stands in for labels is said"
    assert "numbers per picture | 12,288" in said(at) and "| 48 |" in said(at)


def test_folders_tell_what_is_alike(shades: Library) -> None:
    at = settled(press(visit(PAGE, labels_from="folder names"), "Compare"))
    assert "the same label (chance 0.29)" in said(at) and "clusters of the embeddings" not in said(at)
    assert "in **100 %** by embedding" in said(at)
    at = settled(press(at, "Learn from both"))
    assert f"| parameters | {3 * 12289:,} | {3 * 49} |" in said(at) and "Embeddings reach" in said(at)


def test_a_picture_of_the_link_is_the_one_to_begin_with(shades: Library) -> None:
    at = visit(PAGE, labels_from="folder names", picture=item_id(shades, "blue3.png"))
    at = settled(press(at, "Compare"))
    assert "**blue3.png**" in said(at)
    by_embedding = component(at, "cards")[1]
    names = [card["name"] for card in by_embedding["cards"]]
    assert "blue3.png" not in names and len(names) == 8
    assert all(name.startswith("blue") for name in names[:4]) and "4 of 8 with the same label" in said(at)
    at = settled(press(visit(PAGE, picture="gone"), "Compare"))
    assert "is not among those compared" in said(at)


def test_libraries_that_cannot_be_compared_say_why(tmp_path: Path, encoder: ColorEncoder) -> None:
    assert "no library to compare" in said(visit(PAGE))
    videos = create_library("Videos")
    write_video(tmp_path / "a.mp4", ["red"], seconds_each=1)
    ingest(videos, encoder, [tmp_path / "a.mp4"])
    assert "has only videos" in said(visit(PAGE))


def test_one_picture_and_lost_files_are_told(tmp_path: Path, encoder: ColorEncoder) -> None:
    library = create_library("One")
    folder = tmp_path / "one"
    folder.mkdir()
    Image.new("RGB", (40, 40), COLORS["red"]).save(folder / "<b>red *1*.png")
    ingest(library, encoder, [folder])
    assert "at least three pictures" in said(settled(press(visit(PAGE), "Compare")))
    next(folder.iterdir()).unlink()
    assert "can be read" in said(settled(press(visit(PAGE), "Compare")))
