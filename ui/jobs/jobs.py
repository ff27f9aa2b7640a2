"""Indexing in the background: one job per library, visible to all its visitors, independent of pages and tabs."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import streamlit as st

from core import IngestReport, Library, Progress, SemblanceError
from core.errors import Cancelled
from core.library.ingest.texts import count_passed_over
from core.policy import get_policy
from core.progress import Task
from ui.errors import boundary
from ui.server.state import once
from ui.session.libraries import count_amount, is_session_library
from ui.session.queue import QUEUE, Busy, Ticket, place_text
from ui.session.visit import get_visit
from ui.text import counted, duration_text, file_table, percent, plain

_starting = threading.Lock()
_LOG = logging.getLogger("semblance")
T = TypeVar("T")
_ENDINGS = 8  # of files that were not looked into, the most frequent ones
Work = Callable[[Task], T]


@dataclass(slots=True)
class Job(Generic[T]):
    """Work in its own thread, such as `ingest`. Ends with a report or an error; both stay until dismissed.

    cancelled: whether it was stopped; then the error only says so. ended: whether it is over, with any outcome.
    """

    title: str
    progress: Progress | None = None
    report: T | None = None
    error: str | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    ticket: Ticket | None = None
    overdue: bool = False
    cancelled: bool = False
    ended: bool = False

    @property
    def waits_for(self) -> int | None:
        """How many visits are before it in the queue; None where it does not wait."""
        return None if self.ticket is None else QUEUE.before(self.ticket)

    @property
    def stopped_text(self) -> str:
        """Why it ended early."""
        limit = duration_text(get_policy().job_seconds) if self.overdue else ""
        return f"Stopped after {limit}, the time limit for a job here." if limit else "Stopped."

    @property
    def running(self) -> bool:
        """Whether its thread is still at work."""
        return not self.ended

    def begin(self, work: Work[T], *, lasting: bool = False) -> threading.Thread | None:
        """Joins the queue for this visit; it runs in its own thread when its turn comes.

        lasting: whether it continues when the visit has ended. If the visit has its maximum of jobs, the error says so.
        """
        outer = QUEUE.current()
        self.ticket = Ticket(outer.visit if outer else get_visit().id, self.title, self.cancel, lasting)
        try:
            QUEUE.enter(self.ticket)
        except Busy as error:
            self.error, self.ended = str(error), True
            return None
        thread = threading.Thread(target=self._run, args=(work, self.ticket), name=f"job {self.title}", daemon=True)
        thread.start()
        return thread

    def _run(self, work: Work[T], ticket: Ticket) -> None:
        """The thread's whole life."""
        try:
            with QUEUE.turn(ticket) as is_mine, self._within_limit():
                if not is_mine:
                    raise Cancelled("Stopped before it began.")
                self.report = work(Task(self._report_progress, self.cancel))
        except Cancelled as error:
            self.error = self.stopped_text if self.overdue else str(error)
            self.cancelled = not self.overdue
        except SemblanceError as error:
            self.error = str(error)
        except BaseException:
            _LOG.exception("A job failed: %s", self.title)
            self.error = "The job stopped unexpectedly. Finished parts are stored: start it again to continue."
        finally:
            self.ended = True

    @contextmanager
    def _within_limit(self) -> Iterator[None]:
        """Stops the work at the time limit for jobs."""

        def stop() -> None:
            self.overdue = True
            self.cancel.set()

        seconds = get_policy().job_seconds
        timer = threading.Timer(seconds, stop) if math.isfinite(seconds) else None
        try:
            if timer is not None:
                timer.start()
            yield
        finally:
            if timer is not None:
                timer.cancel()

    def _report_progress(self, progress: Progress) -> None:
        self.progress = progress


@once
def _jobs() -> dict[str, Job[IngestReport]]:
    return {}


def get_job(library: Library) -> Job[IngestReport] | None:
    """The library's job, running or ended; None where there is none to show."""
    return _jobs().get(str(library.path))


def is_busy(library: Library) -> bool:
    """Whether a job works on the library: one at a time."""
    job = get_job(library)
    return bool(job and job.running)


def start_job(library: Library, title: str, work: Work[IngestReport]) -> None:
    """Starts work on a library, unless a job of it runs."""
    with _starting:
        current = get_job(library)
        if current and current.running:
            return
        job = _jobs()[str(library.path)] = Job(title)
        job.begin(work, lasting=not is_session_library(library))


def dismiss_job(library: Library) -> None:
    """Removes an ended job."""
    _jobs().pop(str(library.path), None)


def job_panel(library: Library, *, report: bool = True) -> None:
    """Progress of the library's job while it runs, its report (if wanted) afterwards; nothing where there is no job."""
    job = get_job(library)
    if job is None or not (job.running or report):
        return
    if not job.running:
        _show_ended(library, job)
        return

    @st.fragment(run_every=0.7)
    def panel() -> None:
        with boundary():
            if not job.running:
                st.rerun()
            _running(job)

    panel()


def _running(job: Job[IngestReport]) -> None:
    with st.container(border=True, key="job_running"):
        st.markdown(f"**{plain(job.title)}**")
        progress = job.progress
        waits_for = job.waits_for
        text = _pace(progress) if waits_for is None else place_text(waits_for)
        st.progress(progress.fraction if progress else 0.0, text=text)
        if job.cancel.is_set():
            st.caption("Stopping after the files in hand …")
        else:
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                on_click=job.cancel.set,
                help="Files indexed so far stay searchable.",
            )


def _pace(progress: Progress | None) -> str:
    if progress is None:
        return "Starting …"
    done, total = progress.done, progress.total or 0
    if progress.stage == "scan":
        return f"Scanning folders: {counted(done, 'file')} so far"
    if progress.stage == "render":
        text = f"Rendering the sample clips: {percent(progress.fraction)}"
    elif progress.stage.startswith("embed ") and progress.unit == "bytes":  # such as "embed videos"
        text = f"{progress.stage.removeprefix('embed ').capitalize()}: {percent(progress.fraction)}"
    elif progress.unit in ("bytes", "texts"):
        return f"Loading the encoder: {percent(progress.fraction)}"
    else:
        unit = "rows" if progress.unit == "rows" else "files"
        text = f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"
        text += f" · {progress.rate:.0f} a second" if done else ""
    if done and progress.seconds_left:
        text += f" · about {duration_text(progress.seconds_left)} left"
    return text


def _show_ended(library: Library, job: Job[IngestReport]) -> None:
    report = job.report
    with st.container(border=True, key="job_ended"):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            if job.cancelled:
                st.markdown(f"**{plain(job.title)}:** {plain(job.error or '')}", width="stretch")
            elif job.error is not None:
                st.error(f"{plain(job.title)}: {plain(job.error or '')}", icon=":material/error:")
            elif report is None:
                st.markdown(f"**{plain(job.title)}: done.**", width="stretch")
            else:
                now = f"The library now has {count_amount(library)}."
                ending = f"{'stopped' if report.cancelled else 'done'}** in {duration_text(report.seconds)}"
                st.markdown(f"**{plain(job.title)}: {ending}. {report_text(report)} {now}", width="stretch")
            st.button("Close", on_click=dismiss_job, args=(library,), icon=":material/close:", type="tertiary")
        if report and report.failed:
            st.markdown(f"{counted(len(report.failed), 'file')} could not be read:")
            file_table(report.failed, key="job_failed")


def report_text(report: IngestReport) -> str:
    """One sentence of what a run changed."""
    again = 0 if report.added or report.updated or report.redecoded else report.embedded
    counts = {
        "vectors computed": again,
        "added": report.added,
        "updated": report.updated,
        "moved or renamed": report.renamed,
        "unchanged": report.unchanged,
        "decoded again": report.redecoded,
        "missing": report.missing,
        "not readable": len(report.failed),
    }
    changes = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    watched = f" {duration_text(report.video_seconds)} of video embedded." if report.video_seconds >= 1 else ""
    others = ", ".join(f"{count:,} {plain(ending)}" for ending, count in [*report.passed_over.items()][:_ENDINGS])
    others = f" Not looked into: {others}." if others else ""
    return f"{changes or 'Nothing to do'}.{watched}{others}{texts_hint(report.passed_over)}"


def texts_hint(passed_over: Mapping[str, int]) -> str:
    """How texts that were passed over are read; "" where there are none."""
    count = count_passed_over(passed_over)
    return f" To add {counted(count, 'text')} as well, tick “Also read texts”." if count else ""
