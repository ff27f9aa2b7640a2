"""Work of one visit in a thread: it continues when the page changes, and its result lasts for the visit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from ui.errors import boundary
from ui.jobs.jobs import Job, Work
from ui.session.encoders import progress_text
from ui.session.queue import QUEUE, Ticket, place_text
from ui.session.visit import get_visit
from ui.text import plain

T = TypeVar("T")
_AT_ONCE_S = 0.3  # shorter work shows no progress bar


def start_work(title: str, work: Work[T]) -> Job[T]:
    """Starts work that may not draw on the page. Callers store the job in the session state."""
    job: Job[T] = Job(title)
    thread = job.begin(work)
    if thread is not None:
        thread.join(_AT_ONCE_S)
    return job


@contextmanager
def run_queued(title: str) -> Iterator[None]:
    """Heavy work that the page waits for. Until its turn comes, the page shows its place in the queue.

    Raises Busy where the visit has another job.
    """
    ticket = Ticket(get_visit().id, title, threading.Event())
    place = st.empty()
    QUEUE.enter(ticket)  # nothing is drawn before its turn: a click would end the run

    def show_place(before: int) -> None:
        place.caption(f":material/hourglass_empty: {place_text(before)}")

    with QUEUE.turn(ticket, show_place) as has_turn:
        if not has_turn:  # the visit has ended
            st.stop()
        place.empty()
        yield


def get_result(job: Job[T]) -> T | None:
    """What the work returned. Shows its progress with a stop button, its error, or that it was stopped."""
    if job.cancelled:
        st.caption(plain(job.error or ""))
    elif job.error is not None:
        st.error(plain(job.error), icon=":material/error:")
    elif job.running:
        _panel(job)
    return job.report


@st.fragment(run_every=0.7)
def _panel(job: Job[T]) -> None:
    with boundary(), st.container(horizontal=True, vertical_alignment="center", key=f"work {job.title}"):
        if not job.running:
            st.rerun()
        now, waits_for = job.progress, job.waits_for
        text = progress_text(now) if now else f"{job.title} …"
        if job.cancel.is_set():
            text = "Stopping …"
        elif waits_for is not None:
            text = place_text(waits_for)
        st.progress(now.fraction if now else 0.0, text=text)
        st.button(
            "Stop",
            icon=":material/stop_circle:",
            key=f"stop {job.title}",  # several may be under way on a page
            on_click=job.cancel.set,
            disabled=job.cancel.is_set(),
        )
