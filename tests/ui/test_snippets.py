"""What stands under "In Python" runs as it is, and prints something."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from visiting import item_id, library_of_shades, press, settled, visit

import core
import ui.session.encoders
from core import Library
from core.library.schema import Label

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
PIXELS = "pages/pixels.py"


@pytest.fixture
def shades(tmp_path: Path) -> Library:
    return library_of_shades(tmp_path)


@pytest.fixture(autouse=True)
def opened_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines open the same encoders as the pages do."""
    monkeypatch.setattr(core, "open_encoder", lambda name="embedded": ui.session.encoders.open_encoder(name))


def run_lines(at: AppTest, capsys: pytest.CaptureFixture[str]) -> str:
    """Runs the page's lines and returns what they print."""
    assert not at.exception
    lines = at.code[-1].value
    capsys.readouterr()
    exec(compile(lines, "In Python", "exec"), {})
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("page", "link"),
    [
        *(("distance", {"part": part}) for part in ("distance", "a walk", "a step aside", "analogies", "an axis")),
        ("distance", {"part": "an axis", "plane": "true"}),
        *(("one_space", {"view": view}) for view in ("one picture", "one question", "the gap")),
        *(("inside", {"look": look}) for look in ("directions", "numbers", "words")),
        ("inside", {"kind": "single number", "number": "3"}),
        ("models", {"other": "other"}),
    ],
)
def test_the_lines_of_a_page_run(
    shades: Library, page: str, link: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_lines(settled(visit(f"pages/{page}.py", **link)), capsys).strip()


def test_the_lines_of_the_parts_of_a_picture_run(shades: Library, capsys: pytest.CaptureFixture[str]) -> None:
    picture = f"item:{item_id(shades, 'red1.png')}"
    at = visit("pages/inside.py", look="parts of a picture", picture=picture, ask="red", cells="4")
    assert run_lines(settled(press(at, "Find the matching part")), capsys).strip()


@pytest.mark.parametrize("way", ["clusters", "folder names", "labels of a task"])
def test_the_lines_of_pixels_have_the_labels_that_were_chosen(
    shades: Library, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shades.put_labels(
        [
            Label(item_id=row["id"], task="hues", label=Path(row["path"]).parent.name, by="person")
            for row in shades.items().to_pylist()
        ]
    )
    predictions = run_lines(visit(PIXELS, labels_from=way), capsys)
    assert "pixels 12288" in predictions and "classes=3" in predictions


def test_the_lines_of_pixels_read_a_csv(
    shades: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [Path(row["path"]) for row in shades.items().to_pylist()]
    table = "\n".join(["file,hue", *(f"{path.name},{path.parent.name}" for path in rows)]).encode()
    at = visit(PIXELS, labels_from="a CSV")
    at.file_uploader[0].upload("labels.csv", table).run()
    (tmp_path / "labels.csv").write_bytes(table)
    monkeypatch.chdir(tmp_path)
    assert "classes=3" in run_lines(at, capsys)


@pytest.mark.parametrize("section", ["Blurred", "Too dark"])
def test_the_lines_of_measured_pictures_run(shades: Library, section: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_lines(settled(press(visit("pages/clean_up.py", section=section), "Measure the pictures")), capsys)


@pytest.mark.parametrize(
    ("page", "link", "says"),
    [
        ("search_images", {"q": "red"}, "red"),
        ("search_images", {"q": "red - blue", "after": "2001-02-03", "shape": "square"}, "red"),
        ("classify", {"classes": "red;green;blue"}, "red"),
        ("clean_up", {"section": "Duplicates"}, None),
        ("clean_up", {"section": "Outliers"}, "Far from"),
        ("clean_up", {"section": "Too small"}, "40 × 40 pixels"),
        ("clean_up", {"section": "Unreadable"}, None),
        ("lab", {}, "blend accuracy"),
    ],
)
def test_the_lines_of_finding_and_sorting_run(
    shades: Library, page: str, link: dict[str, str], says: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run_lines(settled(visit(f"pages/{page}.py", **link)), capsys)
    assert says is None or says in printed
