"""Work beside a page: what it shows when it was stopped, and when it returned nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from visiting import LIBRARY, labels, library_of_shades, press, said, settled, visit

from core import Progress
from core.errors import Cancelled
from ui.jobs import jobs
from ui.session.libraries import get_library

pytestmark = pytest.mark.usefixtures("world")


def page() -> None:
    """A page with three pieces of work; one is stopped by itself, as by its button, one fails, one returns nothing."""
    import streamlit as st

    from core.errors import Cancelled, DataError
    from ui.jobs.tasks import task_button
    from ui.jobs.work import get_result, start_work

    def cancels(task):  # type: ignore[no-untyped-def]
        raise Cancelled

    def fails(task):  # type: ignore[no-untyped-def]
        raise DataError("The table is empty.")

    kind = st.selectbox("work", ["none", "cancels", "fails", "nothing"])
    if kind == "nothing":
        task_button("tell", "Do it", lambda task: None, title="Doing it")
    elif kind != "none":
        get_result(start_work("Working", cancels if kind == "cancels" else fails))


def chosen(kind: str) -> AppTest:
    return settled(AppTest.from_function(page, default_timeout=60).run().selectbox[0].set_value(kind).run())


def test_cancelled_says_so_by_itself() -> None:
    assert str(Cancelled()) == "Cancelled."
    assert str(Cancelled("Stopped before the map was laid out.")) == "Stopped before the map was laid out."


def test_stopped_work_is_no_error() -> None:
    at = chosen("cancels")
    assert not at.error and "Cancelled." in said(at)


def test_failed_work_is_one() -> None:
    assert [entry.value for entry in chosen("fails").error] == ["The table is empty\\."]


def test_work_that_returns_nothing_ends() -> None:
    at = settled(press(chosen("nothing"), "Do it"))
    assert not at.error and labels(at) == ["Do it"]


@pytest.mark.slow
def test_a_stopped_job_of_a_library_is_no_error(tmp_path: Path) -> None:
    library_of_shades(tmp_path)
    library = get_library("Shades")

    def cancels(task: object) -> jobs.IngestReport:
        raise Cancelled

    jobs.start_job(library, "Indexing", cancels)
    at = settled(visit(LIBRARY, lib="Shades"))
    assert not at.error and "Indexing" in said(at) and "Cancelled." in said(at)


def test_a_job_that_returns_nothing_ends_and_lets_the_next_begin(tmp_path: Path) -> None:
    library_of_shades(tmp_path)
    library = get_library("Shades")
    jobs.start_job(library, "Tidying", lambda task: task.tell(Progress("embed", 1, 1, 0.1)))  # type: ignore[arg-type, return-value]
    at = settled(visit(LIBRARY, lib="Shades"))
    assert not jobs.is_busy(library) and "Tidying: done." in said(at)
