"""`index`, `search` and `reembed` of a library that was made with earlier weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import run
from PIL import Image
from weights import EARLIER, NEWEST, TurnedEncoder, new_weights

from core import Library
from core.cli.main import main


@pytest.fixture
def newest(library: Library) -> Iterator[TurnedEncoder]:
    with new_weights() as encoder:
        yield encoder


def first(library: Library, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """The name of the first hit; without measured matches all of them are answers."""
    hits = run(capsys, "search", "red", "--library", library.path, *more)["hits"]
    return Path(hits[0]["path"]).name


def test_index_keeps_the_weights_and_tells_of_better_ones(
    library: Library, photos: Path, newest: TurnedEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (50, 50), "gray").save(photos / "gray.png")
    assert main(["index", str(photos), "--library", str(library.path), "--encoder", "colour", "--json"]) == 0
    said = capsys.readouterr().err
    assert "made with earlier weights" in said and f"reembed --library {library.path}" in said
    assert [(entry.id, entry.vectors) for entry in library.encoders()] == [(EARLIER, 9)]
    assert first(library, capsys) == first(library, capsys, "--encoder", "colour") == "red.png"


def test_reembed_switches(library: Library, newest: TurnedEncoder, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, "reembed", "--library", library.path, "--encoder", "colour")
    assert (report["embedded"], report["waiting"], report["cancelled"]) == (8, 0, False)
    assert [entry.id for entry in library.encoders()] == [NEWEST]
    assert first(library, capsys) == "red.png"
    assert run(capsys, "reembed", "--library", library.path, "--encoder", "colour")["embedded"] == 0


def test_earlier_weights_can_be_asked_for_by_their_id(
    library: Library, newest: TurnedEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert first(library, capsys, "--encoder", EARLIER) == "red.png"
    run(capsys, "reembed", "--library", library.path, "--encoder", "colour")
    assert main(["search", "red", "--library", str(library.path), "--encoder", EARLIER]) == 2
    assert "no vectors" in capsys.readouterr().err


def test_reembed_of_no_library(tmp_path: Path, newest: TurnedEncoder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reembed", "--library", str(tmp_path / "none")]) == 2
    assert "There is no library" in capsys.readouterr().err
