"""How many dimensions, as a visitor meets it: measured when asked, stored, searched with, undone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fakes import ColorEncoder
from session import picker
from visiting import LIBRARY, SEARCH, cards, find, labels, press, said, settled, visit

from core import Library, ingest
from core.encoders.reduced import ReducedEncoder, load_reduction
from core.library.reduced_copy import list_reductions
from core.library.registry import create_library

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
PAGE = "pages/dimensions.py"


def test_nothing_is_measured_before_somebody_asks(colours: Library) -> None:
    at = visit(PAGE)
    assert "Measure" in labels(at) and not at.get("plotly_chart")
    at = settled(press(at, "Measure"))
    assert at.get("plotly_chart") and "keep 95 % of the neighbors" in said(at) and "Vertex AI" in said(at)


def test_names_of_files_are_captions(colours: Library) -> None:
    at = visit(PAGE, captions_from="file names")
    assert "8 captions of 8 items, such as “" in said(at)
    at = settled(press(at, "Measure"))
    assert "keep 95 % of the recall" in said(at)
    assert "captions found" in at.segmented_control("shown").options


def test_a_library_without_pictures_says_what_to_do(encoder: ColorEncoder) -> None:
    assert "no library to measure" in said(visit(PAGE))
    create_library("Empty")
    assert "has no pictures" in said(visit(PAGE))


def test_two_pictures_are_too_few_and_it_says_so(photos: Path, encoder: ColorEncoder) -> None:
    library = create_library("Two")
    ingest(library, encoder, [photos / "red.png", photos / "blue.png"])
    assert "at least three" in said(settled(press(visit(PAGE), "Measure")))


def test_a_library_is_stored_searched_and_left_as_it_was(colours: Library, encoder: ColorEncoder) -> None:
    at = settled(press(visit(PAGE, d="6"), "Store my library at 6"))
    assert "colour, 6 dimensions (PCA)" in said(at)
    (entry,) = list_reductions(colours, encoder)
    assert entry.dim == 6 and entry.vectors == 8
    at = press(at, "Search with it")
    assert picker(at, "Encoder").value == entry.name and "6 dimensions" in said(at)
    at = visit(SEARCH, encoder=entry.name)
    assert cards(find(at, "red"))[0] == "red.png"

    at.switch_page(LIBRARY).run()
    assert "colour, 6 dimensions (PCA)" in said(at)
    at = at.button(f"drop {entry.id}").click().run()
    assert picker(at, "Encoder").value == "colour", "nobody wants an encoder whose vectors were just dropped"
    assert [value.dim for value in colours.encoders()] == [48] and colours.vector_count(encoder.id) == 8
    assert cards(find(visit(SEARCH, encoder="colour"), "red"))[0] == "red.png"


def test_new_photos_are_indexed_with_the_reduced_encoder(photos: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    shutil.move(photos / "red.png", tmp_path / "red.png")
    library = create_library("Colours")
    ingest(library, encoder, [photos])
    settled(press(visit(PAGE, d="6"), "Store my library at 6"))
    (entry,) = list_reductions(library, encoder)
    shutil.move(tmp_path / "red.png", photos / "red.png")
    reduced = ReducedEncoder(encoder, load_reduction(entry.name))
    assert ingest(library, reduced, [photos]).added == 1
    assert cards(find(visit(SEARCH, encoder=entry.name), "red"))[0] == "red.png"
    assert len(library.index(reduced)) == 8 and len(library.index(encoder)) == 7

    ingest(library, encoder, [photos])
    settled(press(visit(PAGE, d="6"), "Store my library at 6"))
    assert [value.id for value in list_reductions(library, encoder)] == [entry.id], "the same map goes on"


def test_what_is_reduced_is_not_reduced_again(colours: Library, encoder: ColorEncoder) -> None:
    settled(press(visit(PAGE, d="6"), "Store my library at 6"))
    (entry,) = list_reductions(colours, encoder)
    at = visit(PAGE, encoder=entry.name)
    assert "already has reduced dimensions" in said(at) and "Store my library at 6" not in labels(at)
