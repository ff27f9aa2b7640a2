"""`adapt` and `adapted` on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

import core.cli.options
from core.__main__ import main
from core.library import Label, Library, ingest

NAMES = {"red": "rufus", "green": "viridis", "blue": "caeruleus"}


@pytest.fixture(autouse=True)
def colour_encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: ColorEncoder) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: encoder)


@pytest.fixture
def library(tmp_path: Path, encoder: ColorEncoder) -> Library:
    rng = np.random.default_rng(0)
    (tmp_path / "shades").mkdir()
    for name in NAMES:
        for number in range(6):
            pixels = np.clip(rng.normal(COLORS[name], 20, (12, 12, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).resize((48, 48)).save(tmp_path / "shades" / f"{name}-{number}.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "shades"])
    return library


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_labels_of_a_task_are_adapted_to(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    items = library.items().select(["id", "path"]).to_pylist()
    names = {row["id"]: NAMES[Path(row["path"]).name.partition("-")[0]] for row in items}
    library.put_labels([Label(item_id, "latin", name, "person") for item_id, name in names.items()])
    report = called(capsys, "adapt", "--library", library.path, "--labels", "latin")
    assert (report["encoder"], report["base"], report["source"]) == ("adapted:latin", "colour", "labels")
    assert (report["pictures"], report["texts"], report["vectors"]) == (18, 3, 18)
    assert report["adapted"][0]["measure"] == "top-1" and report["adapted"][0]["after"] == 1.0
    assert report["id"] in {entry.id for entry in library.encoders()}
    assert main(["adapt", "--library", str(library.path), "--labels", "latin", "--name", "again"]) == 0
    text = capsys.readouterr().out
    assert "adapted:again, made of colour: 18 pictures with labels" in text and "held out, top-1: " in text


def test_captions_come_from_a_table_or_the_library(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "captions.csv").open("w", newline="") as file:
        rows = [(f"{color}-{number}.png", word) for color, word in NAMES.items() for number in range(6)]
        csv.writer(file).writerows([("image", "caption"), *rows])
    table = tmp_path / "captions.csv"
    report = called(capsys, "adapt", "--library", library.path, "--captions", table, "--name", "words")
    assert [figure["measure"] for figure in report["adapted"]] == ["R@1", "R@10"] and report[
        "encoder"
    ] == "adapted:words"
    assert main(["adapt", "--library", str(library.path), "--captions"]) == 2
    assert "two pictures with captions" in capsys.readouterr().err


def test_a_task_without_labels_names_the_others(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    library.put_labels([Label(library.items()["id"][0].as_py(), "latin", "rufus", "person")])
    assert main(["adapt", "--library", str(library.path), "--labels", "greek"]) == 2
    assert "in the task 'greek' (it has: latin)" in capsys.readouterr().err


def test_adapted_encoders_go_out_in_and_away(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test_labels_of_a_task_are_adapted_to(library, capsys)
    file = tmp_path / "latin.safetensors"
    assert called(capsys, "adapted", "--export", "latin", "--out", file)["path"] == str(file)
    assert called(capsys, "adapted", "--remove", "adapted:latin") == {"removed": "adapted:latin"}
    assert [row["encoder"] for row in called(capsys, "adapted")["adapted"]] == ["adapted:again"]
    assert called(capsys, "adapted", "--import", file) == {"imported": "adapted:latin"}
    (row, _) = sorted(called(capsys, "adapted")["adapted"], key=lambda row: row["encoder"], reverse=True)
    assert row == {"encoder": "adapted:latin", "base": "colour", "about": "18 pictures, 3 classes"}
    assert main(["adapted", "--remove", "nothing"]) == 2
    assert "There is no adapted encoder 'nothing'" in capsys.readouterr().err
    file.write_bytes(b"nonsense")
    assert main(["adapted", "--import", str(file)]) == 2
