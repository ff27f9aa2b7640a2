"""Work on request: a button, then progress with a stop button, then a result that stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from ui.button import pressed
from ui.jobs.jobs import Job, Work
from ui.jobs.work import get_result, start_work
from ui.session.queue import QUEUE
from ui.session.visit import get_visit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StartedWork(Generic[T]):
    """A job and what it depends on. state: of the library when it started (its index: every commit makes a new one)."""

    about: object
    state: object
    job: Job[T]


def start(key: str, title: str, work: Work[T], *, about: object = None, state: object = None) -> None:
    """Starts work under a key, one per visit: an earlier one is stopped and forgotten. For callbacks too.

    work: gets a task, to report to and to be stopped by; may not draw on the page.
    about: what it depends on, such as the library's path and settings; a result for anything else is not shown.
    """
    stop(key)
    st.session_state[_place(key)] = StartedWork(about, state, start_work(title, work))


def start_if_idle(key: str, title: str, work: Work[T], *, about: object = None, state: object = None) -> None:
    """Starts work without a request, unless the visit has its maximum of jobs; the next run of the page tries again."""
    if QUEUE.in_the_way(get_visit().id) is None:
        start(key, title, work, about=about, state=state)


def get_task(key: str, *, about: object = None) -> StartedWork[Any] | None:
    """The last work under a key, if it is about this: running, ended, failed or stopped."""
    task: StartedWork[Any] | None = st.session_state.get(_place(key))
    return task if task is not None and task.about == about else None


def stop(key: str) -> None:
    """Stops the work under a key and forgets it with its result."""
    task: StartedWork[object] | None = st.session_state.pop(_place(key), None)
    if task is not None:
        task.job.cancel.set()


def task_button(
    key: str,
    label: str,
    work: Work[T],
    *,
    title: str,
    about: object = None,
    state: object = None,
    icon: str = ":material/play_arrow:",
    note: str = "",
) -> T | None:
    """The result of requested work; until then a button, its progress, or the error.

    label, icon: of the button; note: the text beside it. title: of the progress bar. A result that is older than
    the state of the library stays, beside a note and a button that computes it again.
    """
    task: StartedWork[T] | None = get_task(key, about=about)
    running = task is not None and task.job.running
    stopped = task is not None and not running and task.job.cancel.is_set()
    result = get_result(task.job) if task is not None and not stopped else None
    if running or (task is not None and result is not None and task.state is state):
        return result
    with st.container(horizontal=True, vertical_alignment="center", key=f"ask {key}"):
        again = result is not None
        name, kind = ("Refresh", "secondary") if again else (label, "primary")
        if pressed(name, key=f"press {key}", icon=icon, type=kind):
            start(key, title, work, about=about, state=state)
            st.rerun()
        if again or stopped or note:
            st.caption(
                "The library has changed since then." if again else task.job.stopped_text if task and stopped else note
            )
    return result


def _place(key: str) -> str:
    return f"task {key}"
