"""`summarize` and `eval summarize` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

import core.cli.options
from core.cli.main import main
from core.library import Library, ingest

SUBJECTS = {
    "bread": "Bread dough rises because yeast eats sugar. A warm kitchen makes yeast work faster.",
    "tides": "Tides are caused by the Moon. The Sun adds to the pull at new Moon.",
}


@pytest.fixture(autouse=True)
def colour_encoder(monkeypatch: pytest.MonkeyPatch, encoder: ColorEncoder) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: encoder)


def test_texts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    paths = []
    for name, text in SUBJECTS.items():
        paths.append(tmp_path / f"{name}.txt")
        paths[-1].write_text(text)
    result = run(capsys, "summarize", *paths, "--k", "2", "--output", tmp_path / "out.md")
    assert [Path(one["path"]).stem for one in result["sentences"]] == ["bread", "tides"] and result["count"] == 4
    assert 0 < result["covered"] < 1 and (tmp_path / "out.md").exists()


def test_pictures_of_a_folder_and_of_a_library(
    capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path, encoder: ColorEncoder
) -> None:
    result = run(capsys, "summarize", photos, "--k", "3")
    assert len(result["pictures"]) == 3 and {"path", "name", "stands_for"} == set(result["pictures"][0])
    library = Library(tmp_path / "l", create=True)
    ingest(library, encoder, [photos])
    seen = encoder.images_seen
    again = run(capsys, "summarize", photos, "--library", library.path, "--k", "3", "--output", tmp_path / "p.html")
    assert again["pictures"] == result["pictures"] and encoder.images_seen == seen and (tmp_path / "p.html").exists()
    assert run(capsys, "summarize", "--library", library.path)["count"] == result["count"]


def test_a_video(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", ["red", "green", "blue"], seconds_each=12)
    result = run(capsys, "summarize", film, "--k", "3", "--output", tmp_path / "chapters.txt")
    assert [round(one["start_s"]) for one in result["chapters"]] == [0, 12, 24] and len(result["keyframes_s"]) == 3
    assert (tmp_path / "chapters.txt").read_text().startswith("0:00 ")


def test_what_cannot_be_summarized_is_told(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Nothing at all is said here.")
    for arguments, why in (
        ([], "name files or a folder"),
        ([tmp_path / "none.txt"], "does not exist"),
        ([photos, "--k", "0"], "--k 1 or more"),
        ([photos, "--output", tmp_path / "a.vtt"], "ends otherwise"),
    ):
        assert main(["summarize", *map(str, arguments), "--quiet"]) == 2
        assert why in capsys.readouterr().err


def test_figures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = [json.dumps({"subject": name, "text": text}) for name, text in SUBJECTS.items()]
    (tmp_path / "p.jsonl").write_text("\n".join(lines))
    texts = run(capsys, "eval", "summarize", "--passages", tmp_path / "p.jsonl", "--k", "1")
    assert len(texts["texts"]) == 2 and texts["hanging"] == 0 and texts["covered"] > 0
    folder = tmp_path / "in"
    folder.mkdir()
    captions = ["image,caption"]
    things = {"red": "a dog", "green": "a man", "blue": "a woman", "white": "snow"}
    for color, thing in things.items():
        for number in range(4):
            Image.new("RGB", (64 + number, 64), COLORS[color]).save(folder / f"{color}{number}.png")
            captions += [f"{color}{number}.png,{thing} is here", f"{color}{number}.png,look at {thing}"]
    (tmp_path / "c.csv").write_text("\n".join(captions))
    report = run(capsys, "eval", "summarize", "--images", folder, "--captions", tmp_path / "c.csv", "--k", "4")
    assert report["subjects"] == 4 and report["methods"]["summary"]["subjects"] == 1.0
    assert report["methods"]["random"]["subjects"] < 1.0


def test_kinds_are_summarized_side_by_side(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    (tmp_path / "bread.txt").write_text(SUBJECTS["bread"])
    film = write_video(tmp_path / "film.mp4", ["red", "blue"], seconds_each=4)
    result = run(capsys, "summarize", tmp_path / "bread.txt", photos, film, "--k", "2", "--output", tmp_path / "o.html")
    assert len(result["pictures"]) == len(result["frames"]) == len(result["sentences"]) == 2
    assert {"covered", "frames_covered", "sentences_covered"} <= result.keys()
    page = (tmp_path / "o.html").read_text()
    assert "Bread dough rises" in page and page.count("<img") == 4


def test_a_folder_of_texts_alone_is_summarized(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "bread.md").write_text(SUBJECTS["bread"])
    assert run(capsys, "summarize", folder)["sentences"]


def test_a_folder_of_videos_has_frames_of_all(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for name, colors in (("a", ["red", "blue"]), ("b", ["green", "white"])):
        write_video(folder / f"{name}.mp4", colors, seconds_each=4)
    result = run(capsys, "summarize", folder, "--k", "4")
    found = [(Path(one["path"]).stem, int(one["at_s"] // 4)) for one in result["frames"]]
    assert found == [("a", 0), ("a", 1), ("b", 0), ("b", 1)] and len(result["pictures"]) == 2
