"""Classify and Lab as a visitor meets them, without a browser: classes in, groups, corrections, heads and figures out."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import COLOURS, ColourEncoder
from PIL import Image
from visiting import SEARCH, cards, component, find, item_id, labels, picture, press, said, visit, world  # noqa: F401

from core import Library, ingest
from core.library.registry import create_library

pytestmark = pytest.mark.usefixtures("world")
CLASSIFY, LAB = "pages/classify.py", "pages/lab.py"


@pytest.fixture
def colours(photos: Path, encoder: ColourEncoder) -> Library:
    """A library called Colours in the home folder."""
    library = create_library("Colours")
    ingest(library, encoder, [photos])
    encoder.images_seen = 0
    return library


def groups(at) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for card in component(at, "cards")[0]["cards"]:
        found.setdefault(card["section"].split(" · ")[0], []).append(card["name"])
    return found


def test_typed_classes_group_the_library(colours: Library, encoder: ColourEncoder) -> None:
    at = visit(CLASSIFY, classes="red\nblue")
    print(said(at))
    print(groups(at))
