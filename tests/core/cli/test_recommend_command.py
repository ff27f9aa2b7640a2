"""`recommend`, `eval recommend` and `bench recommend` on the command line."""

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

pytestmark = pytest.mark.slow

NAMES = ("red", "green", "blue")


@pytest.fixture(autouse=True)
def colour_encoder(monkeypatch: pytest.MonkeyPatch, encoder: ColorEncoder) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: encoder)


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    """`red-0.png` to `red-7.png` and so on: noisy pictures of three colours."""
    rng = np.random.default_rng(0)
    (tmp_path / "shades").mkdir()
    for name in NAMES:
        for number in range(8):
            pixels = np.clip(rng.normal(COLORS[name], 20, (12, 12, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).resize((48, 48)).save(tmp_path / "shades" / f"{name}-{number}.png")
    return tmp_path / "shades"


@pytest.fixture
def library(shades: Path, tmp_path: Path, encoder: ColorEncoder) -> Library:
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [shades])
    return library


def log(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("user", "item"), *rows])
    return path


def crowds(path: Path) -> Path:
    """A log of people who keep to red and blue, and others who keep to green."""
    rng = np.random.default_rng(0)
    rows = []
    for step in range(15):
        for user in range(40):
            color = "green" if user % 2 else ("red", "blue")[int(rng.integers(2))]
            rows.append((f"u{user}", f"{color}-{rng.integers(8 if step > 11 else 6)}.png"))
    return log(path, rows)


def test_likes_and_dislikes_by_path_id_and_name(
    capsys: pytest.CaptureFixture[str], library: Library, shades: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blue = next(row["id"] for row in library.items().to_pylist() if row["path"].endswith("blue-1.png"))
    monkeypatch.chdir(shades)
    found = run(
        capsys, "recommend", "--library", library.path, "--like", shades / "red-0.png", "--like", "./red-1.png",
        "--like", blue, "--dislike", "green-3.png", "--k", "6",
    )["items"]  # fmt: skip
    assert len(found) == 6 and {"path", "score", "because"} <= set(found[0])
    shown = [Path(entry["path"]).name for entry in found]
    assert not {"red-0.png", "red-1.png", "blue-1.png", "green-3.png"} & set(shown)
    assert [sum(name.startswith(color) for name in shown) for color in NAMES] == [4, 0, 2]
    for entry in found:
        color = Path(entry["path"]).name.split("-")[0]
        assert entry["because"] and all(Path(path).name.startswith(color) for path in entry["because"])
    assert main(["recommend", "--library", str(library.path), "--like", blue, "--k", "2", "--quiet"]) == 0
    assert "because of blue-1.png" in capsys.readouterr().out


def test_a_log_says_what_others_liked(capsys: pytest.CaptureFixture[str], library: Library, tmp_path: Path) -> None:
    rest = crowds(tmp_path / "log.csv")
    found = run(
        capsys, "recommend", "--library", library.path, "--like", "red-0.png", "--log", rest, "--mix", "1", "--k", "8"
    )["items"]
    assert any(Path(entry["path"]).name.startswith("blue") for entry in found)  # no colour says so, people do
    assert not any(Path(entry["path"]).name.startswith("green") for entry in found)
    popular = run(capsys, "recommend", "--library", library.path, "--log", rest, "--k", "3")["items"]
    assert [entry["by"] for entry in popular] == ["popularity"] * 3 and not any(entry["because"] for entry in popular)


def test_a_log_of_few_rows_or_of_strangers_answers_too(
    capsys: pytest.CaptureFixture[str], library: Library, tmp_path: Path
) -> None:
    few = [("anna", "red-0.png"), ("anna", "red-1.png"), ("bob", "blue-0.png"), ("bob", "red-0.png")]
    for rows in (*(few[:count] for count in range(len(few) + 1)), [("a", "x"), ("b", "y")]):
        command = ["recommend", "--library", str(library.path), "--log", str(log(tmp_path / "log.csv", rows))]
        for likes in ([], ["--like", "red-2.png"]):
            assert main([*command, *likes, "--k", "3", "--quiet"]) == 0, rows
            captured = capsys.readouterr()
            assert captured.out.count("\n") == 3
            assert ("content alone counts" in captured.err) == (rows == [] or rows[0][0] == "a")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--like", "nowhere.png"], "'nowhere.png' is no item"),
        ([], "--like ITEM"),
        (["--like", "red-0.png", "--k", "0"], "--k"),
        (["--like", "red-0.png", "--mix", "2"], "mix must be between"),
        (["--like", "red-0.png", "--log", "/nowhere.csv"], "cannot be read"),
    ],
)
def test_errors_say_what_to_do(
    capsys: pytest.CaptureFixture[str], library: Library, more: list[str], says: str
) -> None:
    assert main(["recommend", "--library", str(library.path), *more, "--json", "--quiet"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and says in captured.err


def test_a_log_is_measured_with_and_without_content(
    capsys: pytest.CaptureFixture[str], library: Library, shades: Path, tmp_path: Path
) -> None:
    rest = crowds(tmp_path / "log.csv")
    alone = run(capsys, "eval", "recommend", "--log", rest, "--k", "3")
    assert [entry["method"] for entry in alone["methods"]] == ["random", "popularity", "together", "behaviour"]
    assert alone["without_content"] is None and alone["cold_items"] == 6
    for content in (["--library", library.path], ["--images", shades]):
        report = run(capsys, "eval", "recommend", "--log", rest, "--k", "3", *content)
        of = {entry["method"]: entry for entry in report["methods"]}
        assert set(of) == {"random", "popularity", "together", "behaviour", "content", "both"}
        assert report["without_content"] == 0 and set(of["both"]) == {
            "method", "recall", "ndcg", "cold_recall", "coverage", "diversity",
        }  # fmt: skip
        assert of["both"]["cold_recall"] > of["random"]["cold_recall"] + 0.1
    assert main(["eval", "recommend", "--log", str(rest), "--images", str(shades), "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "6 cold" in lines[0] and lines[1].split()[:3] == ["method", "recall", "ndcg"] and len(lines) == 8


def test_a_log_that_asks_nobody_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Everybody comes again, but only to what they know: no figure could be measured."""
    again = log(tmp_path / "again.csv", [(user, item) for item in "xyxyx" for user in "ab"])
    assert main(["eval", "recommend", "--log", str(again), "--json", "--quiet"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "Use a longer log" in captured.err and captured.err.count("\n") == 1


def test_a_feed_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, "bench", "recommend", "--items", "300")
    assert report["items"] == 300 and report["ratio"] > 0
    assert set(report["milliseconds"]) == {"nearest", "1_like", "5_likes", "50_likes", "5_likes_and_behaviour"}
    assert main(["bench", "recommend", "--items", "3", "--quiet"]) == 2
