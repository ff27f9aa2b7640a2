"""`eval sets` on a few pictures of plain colours: names in one set, captions in another."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from commands import run
from fakes import COLORS, ColorEncoder
from PIL import Image

import core.cli.options
from core.cli.main import main
from core.errors import DataError
from core.evaluation import evaluate_sets

ROWS = [
    ("a.png", "red", "label", "paints"),
    ("b.png", "green", "label", "paints"),
    ("c.png", "blue", "label", "paints"),  # the picture is red: a wrong label
    ("d.png", "a green wall", "caption", "walls"),
    ("d.png", "blue", "caption", "walls"),  # another picture is blue
    ("e.png", "blue", "caption", "walls"),
    ("f.png", "paint", "label", "one name"),
]
SHOWN = {"a.png": "red", "b.png": "green", "c.png": "red", "d.png": "green", "e.png": "blue", "f.png": "red"}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for file, color in SHOWN.items():
        Image.new("RGB", (40, 30), COLORS[color]).save(folder / file)
    return folder


def table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def texts(folder: Path, rows: Iterable[Sequence[str]] = ROWS) -> Path:
    return table(folder / "texts.csv", ("image", "text", "kind", "set"), rows)


def test_names_and_captions_of_each_set(pictures: Path, tmp_path: Path) -> None:
    report = evaluate_sets(ColorEncoder(), pictures, texts(tmp_path))
    paints, walls = (next(row for row in report.sets if row.name == name) for name in ("paints", "walls"))
    assert (paints.pictures, paints.texts, paints.recall) == (3, 3, None)
    assert paints.top1 == pytest.approx(2 / 3, abs=1e-4)
    assert (walls.pictures, walls.texts, walls.top1) == (2, 3, None)
    # two pictures are green: the tie counts against the encoder; the caption of another's colour misses
    assert walls.recall is not None and walls.recall.r1 == pytest.approx(1 / 3, abs=1e-4)
    assert report.mean_top1 == paints.top1, "a set of one name says nothing about telling names apart"


def test_chosen_pictures_are_told_apart_by_all_names_of_their_set(pictures: Path, tmp_path: Path) -> None:
    only = table(tmp_path / "only.csv", ("image",), [("a.png",), ("e.png",)])
    report = evaluate_sets(ColorEncoder(), pictures, texts(tmp_path), only=only)
    assert [(row.name, row.pictures, row.texts) for row in report.sets] == [("paints", 1, 3), ("walls", 1, 1)]


def test_tables_that_cannot_be_measured_say_what_to_do(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match='a kind is "label" or "caption"'):
        evaluate_sets(ColorEncoder(), pictures, texts(tmp_path, [("a.png", "red", "tag", "paints")]))
    elsewhere = table(tmp_path / "only.csv", ("image",), [("other.png",)])
    with pytest.raises(DataError, match="same way"):
        evaluate_sets(ColorEncoder(), pictures, texts(tmp_path), only=elsewhere)


def test_command(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())
    report = run(capsys, "eval", "sets", "--images", pictures, "--texts", texts(tmp_path))
    assert report["pictures"] == 6 and [row["name"] for row in report["sets"]] == ["one name", "paints", "walls"]
    assert main(["eval", "sets", "--images", str(pictures), "--texts", str(tmp_path / "texts.csv"), "--quiet"]) == 0
    assert "mean top-1 0.667" in capsys.readouterr().out
