"""What the server keeps for all visits stays, whatever a visitor sends, and is made once however many ask at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from visiting import LIBRARY, library_of_shades, visit, world  # noqa: F401  a fixture

import ui.garbage
import ui.visit
from core import IngestReport, Library
from ui import encoders, jobs, libraries, recommend_ads
from ui.server_state import forget_all, once, once_each, repeat


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, world: None) -> Iterator[None]:  # noqa: F811
    """A server that runs until the test ends."""
    ended = threading.Event()
    instance = SimpleNamespace(is_active_session=lambda session: True)
    running = SimpleNamespace(exists=lambda: not ended.is_set(), get_instance=lambda: instance)
    monkeypatch.setattr(ui.garbage, "runtime", running)
    monkeypatch.setattr(ui.visit, "runtime", running)
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
    jobs.start_job(library, "Nothing", lambda tell, cancel: IngestReport("colour"))
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
    places = ui.visit._visits(), encoders._slot("colour"), recommend_ads._spent()
    return [jobs.job_of(library), opened, *places]


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
    assert len(calls) == 1 and len({id(each) for each in got}) == 1


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

    assert [upper(each) for each in ("a", "b", "a", "c", "a", "b")] == ["A", "B", "A", "C", "A", "B"]
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
