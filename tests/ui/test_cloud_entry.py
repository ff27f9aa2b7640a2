"""The entry for hosts that have no step before the app."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ui.server.state import forget_all

ROOT = Path(__file__).parents[2]


def test_it_makes_the_sample_once_and_is_public(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    for name in ("SEMBLANCE_PUBLIC", "SEMBLANCE_MAX_JOBS"):
        monkeypatch.delenv(name, raising=False)
    ran: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
    forget_all()
    app = AppTest.from_file(str(ROOT / "cloud.py"), default_timeout=60).run()
    app.run()
    assert [command[1:4] for command in ran] == [["-m", "core", "sample"]]
    assert app.title[0].value == "Search" and not app.exception
    assert (os.environ["SEMBLANCE_PUBLIC"], os.environ["SEMBLANCE_MAX_JOBS"]) == ("1", "1")
    assert any("read-only" in entry.value for entry in app.sidebar.caption)


def test_a_failed_sample_is_no_running_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")

    def fails(command: list[str], **_: Any) -> None:
        raise subprocess.CalledProcessError(2, command)

    monkeypatch.setattr(subprocess, "run", fails)
    forget_all()
    app = AppTest.from_file(str(ROOT / "cloud.py"), default_timeout=60).run()
    assert app.exception and not app.title
