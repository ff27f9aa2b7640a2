"""`eval terms`: queries of several terms on photos whose captions name things together."""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.errors import DataError
from core.evaluation.match.captioned_things import find_things, read_things
from core.evaluation.search.terms import evaluate_terms, measure_precision


@pytest.fixture
def captioned(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Four photos of each of three colors and of each two of them mixed, two captions each; and the things."""
    rows = []
    for colors in [("red",), ("blue",), ("yellow",), *combinations(("red", "blue", "yellow"), 2)]:
        for number in range(4):
            shade = np.mean([COLORS[color] for color in colors], axis=0) + number
            name = f"{'-'.join(colors)} {number}.png"
            Image.new("RGB", (40, 30), tuple(int(entry) for entry in shade)).save(tmp_path / name)
            rows += [(name, f"{' and '.join(colors)} things")] * 2
    captions, things = tmp_path / "captions.csv", tmp_path / "things.csv"
    for path, header, own in (
        (captions, ("image", "caption"), rows),
        (things, ("thing", "words"), [(color, f"{color}|{color}s") for color in ("red", "blue", "yellow")]),
    ):
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *own])
    return tmp_path, captions, things


def test_what_an_encoder_sees_is_found(encoder: ColorEncoder, captioned: tuple[Path, Path, Path]) -> None:
    images, captions, things = captioned
    report = evaluate_terms(encoder, images, captions, things=things)
    assert (report.images, report.things) == (24, 3) and report.queries["a + b"] == 3
    for way in ("joint", "sum", "standardized", "product", "minimum"):
        assert report.figures["a + b"][way].reported_on > 0.95, way
    assert all(0 <= row.p10 <= 1 for ways in report.figures.values() for row in ways.values())


def test_captions_that_name_nothing_together(encoder: ColorEncoder, captioned: tuple[Path, Path, Path]) -> None:
    images, captions, _ = captioned
    with pytest.raises(DataError, match="too few things together"):
        evaluate_terms(encoder, images, captions)


def test_a_photo_has_what_two_captions_name() -> None:
    captions = [["A dog runs.", "Two DOGS", "snow"], ["a dog", "a hotdog stand", "grass"], ["a man", "a man", "a man"]]
    found = find_things(captions, {"a dog": ("dog", "dogs"), "snow": ("snow",)})
    assert found.present.tolist() == [[True, False, False], [False, False, False]]
    assert found.absent.tolist() == [[False, False, True], [False, True, True]]


def test_the_things_that_come_with_it() -> None:
    things = read_things()
    assert len(things) >= 40 and "puppy" in things["a dog"]


def test_precision_of_a_ranking() -> None:
    assert measure_precision(np.array([True, False, True, False])) == (pytest.approx((1 + 2 / 3) / 2), 1.0)
    assert measure_precision(np.array([False] * 10 + [True])) == (pytest.approx(1 / 11), 0.0)
