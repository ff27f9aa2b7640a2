"""`eval duplicates` and `eval outliers`: figures of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import ColorEncoder
from media import scene
from PIL import Image

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
    assert (figures["photos"], figures["planted"], len(figures["precision_each"])) == (24, 20, 10)
    assert set(figures["found_of_kind"]) == {"drawing", "screenshot", "noise"}
    assert figures["precision"] == pytest.approx(sum(figures["precision_each"]) / 10, abs=1e-3)


def test_eval_outliers_plants_the_kinds_of_a_folder_in_turn(
    album: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = tmp_path_factory.mktemp("foreign")
    for kind, color in (("walls", (250, 20, 20)), ("seas", (10, 30, 240))):
        (foreign / kind).mkdir()
        for number in range(10):
            Image.new("RGB", (64, 48), (color[0], color[1] + number, color[2])).save(foreign / kind / f"{number}.png")
    command = ["eval", "outliers", "--images", str(album), "--foreign", str(foreign), "--json", "--quiet"]
    assert main(command) == 0
    assert set(json.loads(capsys.readouterr().out)["found_of_kind"]) == {"walls", "seas"}
    (foreign / "seas" / "0.png").unlink()
    assert main(command) != 0
    assert "too few pictures to draw 20" in capsys.readouterr().err


def test_empty_folder(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (album / "empty").mkdir()
    for what in ("duplicates", "outliers"):
        assert main(["eval", what, "--images", str(album / "empty"), "--json", "--quiet"]) != 0
        assert "no pictures" in capsys.readouterr().err
