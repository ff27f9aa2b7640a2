"""`ask`: what it prints for scripts and for people."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import run
from fakes import ColorEncoder

import core.cli.options
from core import Library, ingest
from core.cli.main import main

TIDES = "The bay is wide. The highest tide of the year comes in late September. Ships with a deep keel wait for it."
QUESTION = "When is the highest tide of the year?"


@pytest.fixture(autouse=True)
def _colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())


@pytest.fixture
def harbor(photos: Path, tmp_path: Path, encoder: ColorEncoder) -> Path:
    """A library of a text and of a picture of each color."""
    (photos / "tides.md").write_text(f"# Tides\n\n{TIDES}\n")
    library = Library(tmp_path / "harbor", create=True)
    ingest(library, encoder, [photos], texts=True)
    return library.path


def test_an_answer_has_its_sentence_passage_and_place(
    harbor: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = run(capsys, "ask", QUESTION, "--library", harbor)
    assert reply["found"] is True and reply["moments"] == []
    best = reply["answers"][0]
    assert best["path"] == str(photos / "tides.md") and "Tides" in best["where"] and best["heading"] == "Tides"
    assert best["sentence"] == "The highest tide of the year comes in late September."
    assert best["sentence"] in best["passage"] and 0.4 <= best["match"] <= 1


def test_a_library_of_photos_shows_pictures_and_finds_no_answer(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = run(capsys, "ask", "red", "--library", library.path, "--k", "1")
    assert reply["found"] is False and reply["answers"] == []
    assert [Path(picture["path"]).name for picture in reply["pictures"]] == ["red.png"]


def test_limits_and_the_question_before(harbor: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reply = run(capsys, "ask", "And who waits for it?", "--after", QUESTION, "--library", harbor, "--kind", "text")
    assert reply["after"] == QUESTION and reply["answers"][0]["sentence"].startswith("Ships with a deep keel")
    assert run(capsys, "ask", QUESTION, "--library", harbor, "--folder", photos / "more")["answers"] == []
    assert run(capsys, "ask", QUESTION, "--library", harbor, "--to", "1999-12-31")["answers"] == []


def test_people_read_the_answer_or_that_there_is_none(harbor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, "--library", str(harbor), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Found.") and "late September" in printed and "tides.md" in printed
    assert main(["ask", "Who won at chess in 1972?", "--library", str(harbor), "--quiet"]) == 0
    assert "No answer found here. Nearest to it:" in capsys.readouterr().out


def test_what_cannot_be_asked_is_explained(harbor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", " ", "--library", str(harbor)]) != 0
    assert "The question is empty" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["ask", QUESTION, "--library", str(harbor), "--from", "yesterday"])
    assert "no day like" in capsys.readouterr().err
    assert main(["ask", QUESTION, "--library", str(harbor), "--reader", "nobody/none"]) != 0
    assert "no model for question answering" in capsys.readouterr().err
