"""Adapting as a visitor meets it: by labels in Classify, by captions in Models; used, downloaded, removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ColorEncoder
from session import picker
from visiting import SEARCH, cards, find, labels, library_of_shades, press, said, settled, visit

from core import Library
from core.encoders.adapted import adapter_bytes, adapter_names, load_adapter, remove_adapter
from core.library.schema import Label

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
CLASSIFY, MODELS = "pages/classify.py", "pages/models.py"
NAMES = {"red": "rufus", "green": "viridis", "blue": "caeruleus"}  # words that the encoder does not know


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder) -> Library:
    return library_of_shades(tmp_path)


def label_shades(library: Library, task: str = "classes") -> None:
    rows = library.items().select(["id", "path"]).to_pylist()
    names = [(row["id"], NAMES[Path(row["path"]).parent.name]) for row in rows]
    library.put_labels([Label(item_id, task, name, "person") for item_id, name in names])


def test_labels_make_an_encoder_that_is_searched_with(shades: Library) -> None:
    at = visit(CLASSIFY, classes="rufus\nviridis\ncaeruleus")
    assert "labels of at least two classes" in said(at) and "Adapt the encoder" not in labels(at)
    label_shades(shades)
    at = settled(press(visit(CLASSIFY, classes="rufus\nviridis\ncaeruleus"), "Adapt the encoder"))
    assert "What was adapted" in said(at) and "learned from 15 pictures" in said(at)
    assert adapter_names() == ["adapted:classes"]
    at = press(at, "Use it")
    assert picker(at, "Encoder").value == "adapted:classes"
    assert "The encoder in use is adapted already" in said(at)
    found = cards(find(visit(SEARCH, encoder="adapted:classes"), "viridis"))
    assert found[0].startswith("green")


def test_captions_make_one_too_and_it_can_be_undone(shades: Library) -> None:
    rows = shades.items().select(["id", "path"]).to_pylist()
    shades.put_captions([(row["id"], NAMES[Path(row["path"]).parent.name]) for row in rows])
    at = visit(MODELS, other="other")
    at = at.segmented_control("adapt captions_from").set_value("the library").run()
    at = settled(press(at, "Adapt the encoder"))
    assert "What was adapted" in said(at) and adapter_names() == ["adapted:Shades"]
    data = adapter_bytes(load_adapter("adapted:Shades"))
    at = press(at, "Use it")
    assert picker(at, "Encoder").value == "adapted:Shades"
    at = press(visit(MODELS, encoder="adapted:Shades"), "Remove")
    assert adapter_names() == [] and picker(at, "Encoder").value == "colour"
    assert {entry.name for entry in shades.encoders()} == {"colour", "other"}
    at = at.file_uploader("adapter file 0").set_value(("a.safetensors", data, "application/octet-stream")).run()
    assert adapter_names() == ["adapted:Shades"]


def test_a_damaged_file_is_refused_in_one_sentence(shades: Library) -> None:
    at = visit(MODELS)
    at = at.file_uploader("adapter file 0").set_value(("a.safetensors", b"nonsense", "application/octet-stream")).run()
    assert "not a file that Semblance saved" in said(at) and adapter_names() == []


def test_a_link_to_one_that_is_gone_says_so(shades: Library) -> None:
    label_shades(shades)
    settled(press(visit(CLASSIFY, classes="rufus\nviridis"), "Adapt the encoder"))
    remove_adapter("adapted:classes")
    assert "no adapted encoder" in said(visit(SEARCH, encoder="adapted:classes"))
