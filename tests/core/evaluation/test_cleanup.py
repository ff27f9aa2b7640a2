"""`eval duplicates` and `eval outliers`: figures of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import ColorEncoder
from media import scene

from core.cli import options
from core.cli.main import main


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(options, "open_encoder", lambda name, **_: ColorEncoder())
    for seed in range(24):
        scene(seed, (320, 240)).save(tmp_path / f"{seed}.png")
    return tmp_path


@pytest.mark.slow
def test_eval_duplicates(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "duplicates", "--images", str(album), "--count", "5", "--json", "--quiet"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["photos"] == 24
    assert set(figures["changes"]) == {"resized", "recompressed", "brightness", "cropped", "mirrored"}
    assert figures["changes"]["recompressed"] == {"copies": 5, "precision": 1.0, "recall": 1.0}
    assert figures["unplanted"] == []


def test_eval_outliers(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "outliers", "--images", str(album), "--json", "--quiet"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["photos"], figures["planted"], len(figures["found_each"])) == (24, 20, 5)
    assert set(figures["found_of_kind"]) == {"drawing", "screenshot", "noise"}
    assert figures["found"] == pytest.approx(sum(figures["found_each"]) / 5)


def test_empty_folder(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (album / "empty").mkdir()
    for what in ("duplicates", "outliers"):
        assert main(["eval", what, "--images", str(album / "empty"), "--json", "--quiet"]) != 0
        assert "no pictures" in capsys.readouterr().err
