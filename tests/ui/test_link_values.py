"""Links that people shorten, mistype or make up: every page opens, whatever stands in its link."""

from __future__ import annotations

from pathlib import Path

import pytest
from visiting import library_of_shades, said, visit

from ui.shell.navigation import PAGES

_RECORDED = (Path(__file__).parents[1] / "data" / "recorded_links.txt").read_text().splitlines()
KEYS = [line for line in _RECORDED if line and not line.startswith("#")]
KEYS += (
    "look view folder after before low high bottom top to origin away towards ask a b c mix diversity exploration "
    "item head video t carried other classes points"
).split()
VALUES = ["", "inf", "-inf", "nan", "-1", "99999999999", "abc", "1e400", "x" * 5_000]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_whatever_its_link_says(page: str, tmp_path: Path, world: None) -> None:
    """Each value in each parameter, though in one visit different ones: what fails would hide all that follows."""
    library_of_shades(tmp_path)
    for turn in range(len(VALUES)):
        link = {key: VALUES[(turn + place) % len(VALUES)] for place, key in enumerate(dict.fromkeys(KEYS))}
        assert "went wrong" not in said(visit(f"pages/{page}.py", library="Shades", **link)), link


@pytest.mark.parametrize("key", ["library", "encoder"])
def test_what_the_sidebar_shows_may_be_anything_too(key: str, tmp_path: Path, world: None) -> None:
    library_of_shades(tmp_path)
    for value in VALUES:
        assert "went wrong" not in said(visit(**{key: value})), value
