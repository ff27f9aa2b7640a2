"""Links that people shorten, mistype or make up: every page opens, whatever stands in its link."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from visiting import library_of_shades, said, visit

from ui.shell.navigation import PAGES

pytestmark = pytest.mark.slow

UI = Path(__file__).parents[2] / "ui"


@functools.cache
def bound_widgets() -> tuple[tuple[str, str], ...]:
    """(kind of widget, key) of those that a link holds, as the code draws them."""
    return tuple(_bound_widgets())


def _bound_widgets() -> Iterator[tuple[str, str]]:
    for path in sorted(UI.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call):
                continue
            said = {word.arg: word.value for word in call.keywords}
            kind, key = ast.unparse(call.func).rpartition(".")[2], said.get("key")
            if isinstance(key, ast.Constant) and ("bind" in said or kind == "show_part"):
                is_choice = kind == "show_part" or (kind == "segmented_control" and "required" in said)
                yield "choice" if is_choice else kind, str(key.value)


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
    keys = [*KEYS, *(key for _, key in bound_widgets())]
    for turn in range(len(VALUES)):
        link = {key: VALUES[(turn + place) % len(VALUES)] for place, key in enumerate(dict.fromkeys(keys))}
        assert "went wrong" not in said(visit(f"pages/{page}.py", library="Shades", **link)), link


@pytest.mark.parametrize("key", ["library", "encoder"])
def test_what_the_sidebar_shows_may_be_anything_too(key: str, tmp_path: Path, world: None) -> None:
    library_of_shades(tmp_path)
    for value in VALUES:
        assert "went wrong" not in said(visit(**{key: value})), value


def test_no_box_or_choice_begins_with_what_it_cannot_show() -> None:
    """Whoever binds one adds its key in ui/session/link.py."""
    widgets = set(bound_widgets())
    bad = {"number_input": "inf", "choice": ""}
    assert {kind for kind, _ in widgets} >= {*bad}
    at = AppTest.from_string("from ui.session.link import clean_link\nclean_link()")
    at.query_params.update({key: bad[kind] for kind, key in widgets if kind in bad} | {"q": "inf"})
    assert list(at.run().query_params) == ["q"]
