"""Data sets brought in on the page Library, as a visitor does it without a browser."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import COLORS
from PIL import Image
from streamlit.testing.v1 import AppTest
from visiting import LIBRARY, labels, picture, press, said, settled, visit

import core
import ui.session.encoders
from core import Library
from core.library.registry import create_library

pytest.importorskip("datasets")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Library:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return create_library("Mine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two splits of two classes of two pictures."""
    for split in ("train", "test"):
        for name in ("red", "blue"):
            (tmp_path / "set" / split / name).mkdir(parents=True)
            for number in range(2):
                file = tmp_path / "set" / split / name / f"{number}.png"
                Image.new("RGB", (40 + number + 10 * (split == "test"), 30), COLORS[name]).save(file)
    return tmp_path / "set"


def table(tmp_path: Path, **columns: object) -> str:
    (tmp_path / "table").mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), tmp_path / "table" / "train-0.parquet")
    return str(tmp_path / "table")


def look(at: AppTest, name: str, split: str = "") -> AppTest:
    at.text_input("dataset_name").set_value(name)
    at.text_input("dataset_split").set_value(split)
    return settled(press(at, "Preview dataset"))


def test_a_folder_of_classes_comes_with_labels(mine: Library, folder: Path) -> None:
    at = look(visit(LIBRARY), str(folder))
    assert f"{folder}**, split train" in said(at) and "Other splits: test" in said(at)
    at = settled(press(at, "Start"))
    assert "4 pictures of 4 rows, with 4 labels and 0 captions" in said(at) and "4 added" in said(at)
    assert {entry.label for entry in mine.labels("label")} == {"red", "blue"} and "Start" not in labels(at)
    at = look(at, f"hf:{folder}", "test")
    next(entry for entry in at.number_input if entry.label == "Maximum rows").set_value(3).run()
    assert "3 pictures of 3 rows" in said(settled(press(at, "Start")))
    assert mine.counts()["ok"] == 7


def test_columns_can_be_chosen_and_refused_rows_are_listed(mine: Library, tmp_path: Path) -> None:
    name = table(
        tmp_path,
        image=[picture("red"), picture("blue"), b"no picture"],
        caption=["a red thing", "a blue thing", "nothing"],
        says=["<b>rot</b>", "blau", "nichts"],
        hue=["red", "blue", "none"],
    )
    at = look(visit(LIBRARY), name)
    choices = {entry.label: entry for entry in at.selectbox}
    assert choices["Captions from"].value == "caption" and choices["Pictures from"].options == ["image"]
    choices["Captions from"].set_value("says")
    next(entry for entry in at.multiselect if entry.label == "Labels from").set_value(["hue"]).run()
    at = settled(press(at, "Start"))
    assert "2 pictures of 3 rows, with 2 labels and 2 captions" in said(at) and "1 row skipped" in said(at)
    assert sorted(text for _, text in mine.captions()) == ["<b>rot</b>", "blau"]
    at = look(at, name)
    {entry.label: entry for entry in at.selectbox}["Captions from"].set_value("(none)").run()
    assert "0 captions" in said(settled(press(at, "Start")))


@pytest.mark.parametrize(
    ("name", "split", "why"),
    [
        ("nobody/nothing", "", "cannot be downloaded"),  # the tests have no hub
        ("{tmp}/none", "", "There is no folder"),
        ("{tmp}/set", "dev", "has no split 'dev': choose"),
        ("{tmp}/empty", "", "not a readable data set"),
        ("{tmp}/table", "", "No column of the data set holds pictures; it has text"),
    ],
)
def test_what_will_not_do_says_why(
    mine: Library, folder: Path, tmp_path: Path, name: str, split: str, why: str
) -> None:
    (tmp_path / "empty").mkdir()
    table(tmp_path, text=["words alone"])
    at = look(visit(LIBRARY), name.format(tmp=tmp_path), split)
    assert why in said(at) and "Start" not in labels(at) and mine.counts()["ok"] == 0


def test_the_public_brings_in_no_data_sets(mine: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    at = press(visit(LIBRARY), "Start library")
    assert "Add to library" in labels(at) and "Preview dataset" not in labels(at)
    assert "dataset_name" not in [entry.key for entry in at.text_input]


def test_the_lines_of_a_data_set_and_of_the_library_run(
    mine: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(core, "open_encoder", lambda name="embedded": ui.session.encoders.open_encoder(name))
    at = look(visit(LIBRARY), str(folder))
    lines = next(entry.value for entry in at.code if "index_dataset(" in entry.value)
    exec(compile(lines, "In Python", "exec"), {})
    assert "4 rows, 4 pictures, 4 labels, 0 captions" in capsys.readouterr().out
    lines = visit(LIBRARY).code[-1].value
    exec(compile(lines, "In Python", "exec"), {})
    assert "4 items" in capsys.readouterr().out and mine.name in lines
