"""`eval dimensions`, `eval pixels` and `eval axis` as scripts and people call them, on a few small pictures."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from commands import run
from fakes import COLORS, ColorEncoder
from PIL import Image

import core.cli.options
from core.cli.main import main

NAMES = ("red", "green", "blue")


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    """A folder of twelve noisy shades of each of three colours, and the tables that tell them: see `table`."""
    rng, folder = np.random.default_rng(0), tmp_path / "shades"
    folder.mkdir()
    rows = [(f"{name}{number}.png", name) for name in NAMES for number in range(12)]
    for file, name in rows:
        shade = np.clip(np.array(COLORS[name]) + rng.integers(-40, 40, (30, 40, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(shade).save(folder / file)
    table(tmp_path / "captions.csv", ("image", "caption"), rows)
    table(tmp_path / "labels.csv", ("image", "label"), rows)
    table(tmp_path / "some.csv", ("image",), [(file,) for file, _ in rows[::2]])
    table(tmp_path / "others.csv", ("image",), [(file,) for file, _ in rows[::3]])
    return folder


def table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main(["eval", *map(str, arguments)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    return line


def test_dimensions_of_all_pictures_of_a_folder(shades: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, "eval", "dimensions", "--images", shades, "--dims", "2,8,48")
    assert (report["pool"], report["learned_from"], report["captions"], report["classes"]) == (36, 36, 0, 0)
    ways = {(entry["method"], entry["precision"], entry["dim"]) for entry in report["points"]}
    assert len(ways) == 3 * 4 * 3 and ("random", "binary", 8) in ways
    assert report["points"][0]["recall"] is None and list(report["enough"]) == ["overlap"]


def test_dimensions_with_captions_and_labels(shades: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = ("--captions", tmp_path / "captions.csv", "--labels", tmp_path / "labels.csv")
    report = run(capsys, "eval", "dimensions", "--images", shades, *tables, "--dims", "48")
    assert (report["captions"], report["classes"]) == (36, 3)
    assert report["points"][0]["accuracy"] == 1.0 and set(report["enough"]) == {"overlap", "recall", "accuracy"}


def test_dimensions_are_learned_from_whom_one_says(
    shades: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = run(capsys, "eval", "dimensions", "--images", shades, "--held-out", "--dims", "4")
    assert (held["pool"], held["learned_from"]) == (18, 18)
    only, rest = ("--only", tmp_path / "some.csv"), ("--learn-from", tmp_path / "others.csv")
    in_subprocess = run(capsys, "eval", "dimensions", "--images", shades, *only, *rest, "--dims", "4")
    assert (in_subprocess["pool"], in_subprocess["learned_from"]) == (18, 6), (
        "those that are measured on are not learned from"
    )
    assert "either from one half" in refused(capsys, "dimensions", "--images", shades, *only, *rest, "--held-out")
    assert "48 dimensions" in refused(capsys, "dimensions", "--images", shades, "--dims", "900")


def test_dimensions_for_people(shades: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "dimensions", "--images", str(shades), "--dims", "2,48", "--quiet"]) == 0
    predictions = capsys.readouterr().out
    assert predictions.startswith("36 pictures, components learned from 36") and "95 % of overlap with" in predictions
    assert len([line for line in predictions.splitlines() if line.startswith("truncate")]) == 8


def test_pixels_beside_embeddings(shades: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shades / "red0.png").write_bytes(b"not a picture")
    report = run(capsys, "eval", "pixels", "--images", shades, "--labels", tmp_path / "labels.csv", "--side", "8")
    assert (report["pictures"], report["classes"], len(report["skipped"])) == (35, 3, 1)
    assert report["inputs"]["pixels"]["contrast"]["numbers"] == 192 and report["inputs"]["embedding"]["order"] > 0.9
    learned = report["inputs"]["pixels"]["learned"]
    assert learned["parameters"] == 3 * 193 and set(learned["accuracy"]) == {"1", "2", "4", "8", "16"}
    line = refused(capsys, "pixels", "--images", shades, "--labels", tmp_path / "labels.csv", "--side", "0")
    assert "1 to 256" in line


def test_an_axis_against_what_captions_mention(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ["a hill", "a man", "two men and a man", "people, men and a man", "people, men, women and a man"]
    for number in range(len(said)):
        Image.new("RGB", (40, 30), (60 * number, 0, 255 - 60 * number)).save(tmp_path / f"{number}.png")
    table(tmp_path / "captions.csv", ("image", "caption"), [(f"{n}.png", text) for n, text in enumerate(said)])
    tables = ("--images", tmp_path, "--captions", tmp_path / "captions.csv")
    report = run(capsys, "eval", "axis", *tables, "--low", "blue", "--high", "red")
    assert report["images"] == 5 and report["by_words_any"] == 1 and report["by_words_several"] > 0.9
    assert "mean the same" in refused(capsys, "axis", *tables, "--low", "red", "--high", "red")
