"""What the server keeps for all visits stays, whatever a visitor sends, and is made once however many ask at a time."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from session import state_of
from visiting import LIBRARY, library_of_shades, visit

import core.library.public.session_folders
import ui.server.gc
import ui.session.visit
from core import IngestReport, Library
from core.library.registry import temporary_library
from ui.jobs import jobs
from ui.recommend import ads as recommend_ads
from ui.server.state import forget_all, once, once_each, repeat
from ui.session import encoders, libraries
from ui.session.visit import VisitState


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, world: None) -> Iterator[None]:
    """A server that runs until the test ends."""
    ended = threading.Event()
    for module in (ui.server.gc, ui.session.visit):
        monkeypatch.setattr(module, "server_runs", lambda: not ended.is_set())
    monkeypatch.setattr(ui.session.visit, "is_active_session", lambda session: True)
    yield
    ended.set()
    forget_all()


def clear_cache() -> None:
    """What a server does when any visitor's browser sends `clear_cache`."""
    st.cache_data.clear()
    st.cache_resource.clear()


def keepers() -> int:
    """How many threads look after visits and garbage."""
    return sum(thread.name in ("visits", "garbage") for thread in threading.enumerate())


def test_what_the_server_keeps_outlives_a_cleared_cache(server: None, tmp_path: Path) -> None:
    library = library_of_shades(tmp_path)
    before = keepers()
    at = visit(LIBRARY, lib="Shades")
    jobs.start_job(library, "Nothing", lambda task: IngestReport("colour"))
    held = _held(library)
    assert keepers() == before + 2
    clear_cache()
    at.run()
    visit(LIBRARY, lib="Shades")
    assert all(one is other for one, other in zip(held, _held(library), strict=True))
    assert keepers() == before + 2


def _held(library: Library) -> list[object]:
    """A job, the visits, an open library, an encoder's slot, and the count of advertisements."""
    opened = libraries.get_library("Shades")
    places = ui.session.visit._visits(), encoders._slot("colour"), recommend_ads._spent()
    return [jobs.get_job(library), opened, *places]


def test_what_is_asked_for_at_once_is_made_once() -> None:
    together, calls = threading.Barrier(8), []

    @once
    def things() -> list[int]:
        calls.append(1)
        return []

    got: list[list[int]] = []

    def ask() -> None:
        together.wait()
        got.append(things())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1 and len({id(entry) for entry in got}) == 1


def test_what_failed_is_made_at_the_next_try() -> None:
    answers = iter([ValueError("not yet"), "made"])

    @once
    def thing() -> str:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return str(answer)

    with pytest.raises(ValueError, match="not yet"):
        thing()
    assert thing() == thing() == "made"


def test_values_are_kept_by_arguments_and_the_oldest_goes() -> None:
    made: list[str] = []

    @once_each(most=2)
    def upper(text: str) -> str:
        made.append(text)
        return text.upper()

    assert [upper(entry) for entry in ("a", "b", "a", "c", "a", "b")] == ["A", "B", "A", "C", "A", "B"]
    assert made == ["a", "b", "c", "b"]


def test_a_value_counts_for_its_time() -> None:
    made: list[int] = []

    @once_each(most=2, seconds=-1.0)
    def number() -> int:
        made.append(1)
        return len(made)

    assert (number(), number()) == (1, 2)


def test_one_slow_value_holds_no_other_up() -> None:
    begun, may_end = threading.Event(), threading.Event()

    @once_each(most=2)
    def value(name: str) -> str:
        if name == "slow":
            begun.set()
            may_end.wait(30)
        return name

    thread = threading.Thread(target=value, args=("slow",))
    thread.start()
    assert begun.wait(30)
    assert value("quick") == "quick" and not may_end.is_set()
    may_end.set()
    thread.join()


def test_a_failing_step_is_logged_once_and_the_next_comes(caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([OSError("full"), OSError("full"), None, OSError("full"), None])
    steps: list[str] = []

    def step() -> None:
        steps.append("step")
        if (answer := next(answers)) is not None:
            raise answer

    with caplog.at_level(logging.ERROR, logger="semblance"):
        repeat("cleaning", step, every_s=0.0, goes_on=lambda: len(steps) < 5).join(30)
    assert len(steps) == 5
    assert len([record for record in caplog.records if "cleaning" in record.getMessage()]) == 2


def test_one_visit_that_cannot_end_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    stuck, other = ui.session.visit.Visit("stuck", "1", seen=0.0), ui.session.visit.Visit("other", "2", seen=0.0)
    _, folder = temporary_library("x")

    def fails() -> None:
        raise PermissionError("somebody holds it")

    monkeypatch.setattr(folder, "cleanup", fails)
    stuck.folders.append(folder)
    library = other.library("y")
    visits = [stuck, other]
    ui.session.visit.end_expired(visits, lambda session: False, 1e9)
    assert visits == [stuck] and not library.path.exists() and "could not be ended" in caplog.text
    monkeypatch.undo()
    ui.session.visit.end_expired(visits, lambda session: False, 1e9)
    assert not visits and not Path(folder.name).exists()


def test_a_visit_that_was_taken_for_gone_is_looked_after_when_it_comes_back(world: None) -> None:
    at = visit(LIBRARY)
    ended = state_of(at, VisitState).visit
    ui.session.visit.end_expired(ui.session.visit._visits(), lambda session: False, 1e9)
    assert ended not in ui.session.visit._visits()
    at.run()
    assert state_of(at, VisitState).visit in ui.session.visit._visits()


def test_a_folder_of_visits_that_another_process_sweeps_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.library.public.session_folders, "_ours", None)
    make, swept = tempfile.TemporaryDirectory, []

    def make_and_lose(*args: Any, **options: Any) -> tempfile.TemporaryDirectory[str]:
        made = make(*args, **options)
        if not swept:
            swept.append(made)
            core.library.public.session_folders._sweep()  # as a process that begins at this moment does
        return made

    monkeypatch.setattr(core.library.public.session_folders.tempfile, "TemporaryDirectory", make_and_lose)
    folder = core.library.public.session_folders.get_visits_folder()
    assert folder.is_dir() and folder.stat().st_mode & 0o077 == 0
    assert swept and not Path(swept[0].name).exists()
    core.library.public.session_folders._sweep()
    assert folder.is_dir(), "its lock is held"
