"""`python -m core health`: what an operator reads, and what a program that watches relies on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from fakes import ColorEncoder

import core.encoders
from core.cli.main import main
from core.errors import EncoderError
from core.library import ingest
from core.library.registry import create_library, remember_library


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(core.encoders, "open_encoder", lambda *_, **__: ColorEncoder())


def asked(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict]]:
    """Exit code, and the checks by name."""
    code = main(["health", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["healthy"] == (code == 0) and report["versions"]["torch"] and report["cpu"]["cores"] >= 1
    return code, {check["name"]: check for check in report["checks"]}


def test_a_good_installation_is_healthy(capsys: pytest.CaptureFixture[str], photos: Path) -> None:
    ingest(create_library("Mine"), ColorEncoder(), [photos])
    code, checks = asked(capsys)
    assert code == 0 and all(check["ok"] for check in checks.values())
    assert set(checks) == {"home", "settings", "encoder", "media", "library Mine"}
    count = len([*photos.rglob("*.png")])
    assert checks["library Mine"]["told"].startswith(f"{count} ok; {count} searchable")
    assert not [*Path(os.environ["SEMBLANCE_HOME"]).glob(".health*")]
    assert main(["health"]) == 0 and "ok    library Mine" in capsys.readouterr().out


def test_a_damaged_library_is_told(capsys: pytest.CaptureFixture[str], photos: Path) -> None:
    library = create_library("Broken")
    ingest(library, ColorEncoder(), [photos])
    create_library("Whole")
    for file in library.path.glob("vectors_*/data/*.lance"):
        file.write_bytes(b"\0" * 100)
    code, checks = asked(capsys)
    assert code == 1 and not checks["library Broken"]["ok"] and checks["library Whole"]["ok"]
    assert main(["health"]) == 1 and "FAIL  library Broken" in capsys.readouterr().out


def test_a_home_that_cannot_be_written_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "file" / "home"))
    code, checks = asked(capsys)
    assert code == 1 and "set SEMBLANCE_HOME" in checks["home"]["told"]


def test_a_wrong_limit_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_UPLOADS", "many")
    code, checks = asked(capsys)
    assert code == 1 and "SEMBLANCE_MAX_UPLOADS" in checks["settings"]["told"] and checks["home"]["ok"]


def test_an_encoder_that_does_not_open_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise EncoderError("The weights are not there: install them.")

    monkeypatch.setattr(core.encoders, "open_encoder", fails)
    code, checks = asked(capsys)
    assert code == 1 and checks["encoder"]["told"] == "The weights are not there: install them."


def test_libraries_elsewhere_are_looked_at_too(
    capsys: pytest.CaptureFixture[str], library: object, tmp_path: Path
) -> None:
    remember_library(tmp_path / "library")
    assert "library library" in asked(capsys)[1]
