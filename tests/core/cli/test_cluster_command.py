"""`cluster` and `eval clusters` on the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from commands import run
from fakes import COLORS, ColorEncoder
from PIL import Image

import core.cli.options
from core.__main__ import main
from core.library import Library, ingest

NAMES = ("red", "green", "blue")


@pytest.fixture(autouse=True)
def colour_encoder(monkeypatch: pytest.MonkeyPatch, encoder: ColorEncoder) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: encoder)


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    """`red-00.png` and so on: noisy pictures of three colours, 16, 14 and 12 of them."""
    rng = np.random.default_rng(0)
    (tmp_path / "shades").mkdir()
    for name, count in zip(NAMES, (16, 14, 12), strict=True):
        for number in range(count):
            pixels = np.clip(rng.normal(COLORS[name], 30, (12, 12, 3)), 0, 255).astype(np.uint8)
            picture = Image.fromarray(pixels).resize((96, 96), Image.Resampling.NEAREST)
            picture.save(tmp_path / "shades" / f"{name}-{number:02}.png")
    return tmp_path / "shades"


@pytest.fixture
def library(shades: Path, tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Of the shades and a copy of one."""
    (shades / "copy.png").write_bytes((shades / "blue-03.png").read_bytes())
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [shades])
    return library


def test_a_library_in_groups(capsys: pytest.CaptureFixture[str], library: Library, shades: Path) -> None:
    result = run(capsys, "cluster", "--library", library.path, "--k", "3", "--outliers", "5")
    assert {"clusters", "outliers", "duplicates"} <= set(result)
    assert [(entry["id"], entry["size"]) for entry in result["clusters"]] == [(0, 16), (1, 14), (2, 13)]
    for entry, color in zip(result["clusters"], NAMES, strict=True):
        assert color in entry["name"].split() and Path(entry["medoid"]).name.startswith((color, "copy"))
        assert isinstance(entry["runners_up"], list)
    assert len(result["outliers"]) <= 5 and all(Path(path).parent == shades for path in result["outliers"])
    assert {str(shades / "copy.png"), str(shades / "blue-03.png")} in [set(group) for group in result["duplicates"]]


@pytest.mark.parametrize("method", ["hdbscan", "agglomerative"])
def test_other_methods(capsys: pytest.CaptureFixture[str], library: Library, method: str) -> None:
    result = run(capsys, "cluster", "--library", library.path, "--method", method)
    assert sum(entry["size"] for entry in result["clusters"]) + result["unclustered"] == 43


def test_people_read_names_and_files(capsys: pytest.CaptureFixture[str], library: Library) -> None:
    assert main(["cluster", "--library", str(library.path), "--k", "3", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "red" in out.splitlines()[0] and "16" in out.splitlines()[0]
    assert "Duplicates" in out and "copy.png" in out


@pytest.mark.parametrize(
    ("more", "says"),
    [(["--k", "99"], "cannot make 99"), (["--k", "3", "--method", "hdbscan"], "leave k out"), (["--k", "0"], "1 to")],
)
def test_errors_say_what_to_do(
    capsys: pytest.CaptureFixture[str], library: Library, more: list[str], says: str
) -> None:
    assert main(["cluster", "--library", str(library.path), *more, "--json", "--quiet"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and says in captured.err


def table(path: Path, rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_known_groups_are_measured(capsys: pytest.CaptureFixture[str], shades: Path, tmp_path: Path) -> None:
    names = sorted(path.name for path in shades.iterdir())
    rows = [(name, name.split("-")[0]) for name in names]
    labels = table(tmp_path / "labels.csv", [("image", "label"), *rows, ("gone.png", "red")])
    report = run(capsys, "eval", "clusters", "--images", shades, "--labels", labels, "--k", "3")
    assert (report["images"], report["groups"]) == (42, 3) and report["skipped"][0][0] == "gone.png"
    assert set(report["methods"]) == {"given", "kmeans", "hdbscan", "agglomerative"}
    for figures in (report["methods"]["kmeans"], report["methods"]["agglomerative"]):
        assert (figures["clusters"], figures["nmi"], figures["named"]) == (3, 1.0, 1.0)


def test_wrong_groups_score_low_and_synonyms_count(
    capsys: pytest.CaptureFixture[str], shades: Path, tmp_path: Path
) -> None:
    names = sorted(path.name for path in shades.iterdir())
    mixed = [(name, f"group{number % 3}") for number, name in enumerate(names)]
    labels = table(tmp_path / "mixed.csv", [("image", "label"), *mixed])
    report = run(capsys, "eval", "clusters", "--images", shades, "--labels", labels, "--k", "3")
    assert report["methods"]["kmeans"]["nmi"] < 0.2 and report["methods"]["kmeans"]["named"] == 0.0
    called = {"red": "warm", "green": "grassy", "blue": "cool"}
    rows = [(name, called[name.split("-")[0]], f"tinted|{name.split('-')[0]}") for name in names]
    labels = table(tmp_path / "called.csv", [("image", "label", "synonyms"), *rows])
    report = run(capsys, "eval", "clusters", "--images", shades, "--labels", labels, "--k", "3")
    assert report["methods"]["kmeans"]["named"] == 1.0
    labels = table(tmp_path / "one.csv", [("image", "label"), *((name, "all") for name in names)])
    assert main(["eval", "clusters", "--images", str(shades), "--labels", str(labels), "--json", "--quiet"]) == 2
    assert "only one label" in capsys.readouterr().err
