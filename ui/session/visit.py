"""A visit: its number in the queue and its folders, which are removed even if the browser never says goodbye."""

from __future__ import annotations

import contextlib
import logging
import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core import Library
from core.library.public.session_folders import get_visits_folder
from core.library.registry import temporary_library
from ui.server.state import once, repeat
from ui.server.streamlit_internals import current_session_id, is_active_session, server_runs
from ui.session.queue import QUEUE
from ui.session.state import get_state

_LOG = logging.getLogger("semblance")
_CHECK_S = 15.0
_EXPIRED_S = 180.0  # a browser that lost its connection may return within two minutes


@dataclass(eq=False, slots=True)
class Visit:
    """id: in the queue. session: Streamlit's. seen: when it was last active (monotonic seconds)."""

    id: str
    session: str
    folders: list[tempfile.TemporaryDirectory[str]] = field(default_factory=list)
    seen: float = field(default_factory=time.monotonic)

    def library(self, name: str) -> Library:
        """A new library that is removed with the visit."""
        library, folder = temporary_library(name)
        self.folders.append(folder)
        return library

    def leave(self, library: Library) -> None:
        """Removes a library of the visit."""
        for folder in [folder for folder in self.folders if library.path.is_relative_to(folder.name)]:
            self.folders.remove(folder)
            folder.cleanup()

    def uploaded(self) -> tuple[int, int]:
        """Number and total bytes of the uploads that still exist."""
        sizes = []
        for path in [path for folder in list(self.folders) for path in Path(folder.name).glob("*/uploads/*")]:
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                sizes.append(path.stat().st_size)
        return len(sizes), sum(sizes)

    def end(self) -> bool:
        """Stops its work and removes its files. Returns False while work is still stopping, which may write to them."""
        QUEUE.forget(self.id)
        if any(ticket.running and not ticket.lasting for ticket in QUEUE.tickets_of(self.id)):
            return False
        while self.folders:
            self.folders[-1].cleanup()
            self.folders.pop()
        return True


@dataclass(slots=True)
class VisitState:
    """visit: of this session; None before its first run."""

    visit: Visit | None = None


def get_visit() -> Visit:
    """The visit of the browser tab that runs the page."""
    state = get_state(VisitState)
    if state.visit is None:
        state.visit = Visit(secrets.token_hex(8), current_session_id())
    visit = state.visit
    visits = _visits()
    if visit not in visits:  # new, or returned after it expired: its new files must be removed too
        visit.seen = time.monotonic()
        visits.append(visit)
    return visit


@once
def _visits() -> list[Visit]:
    """All visits of the server; a thread ends those that expire."""
    visits: list[Visit] = []
    if server_runs():  # pages also run without a server
        get_visits_folder()  # removes files of a killed server

        def check() -> None:
            end_expired(visits, is_active_session, time.monotonic())

        repeat("visits", check, every_s=_CHECK_S, goes_on=server_runs)
    return visits


def end_expired(visits: list[Visit], is_there: Callable[[str], bool], now: float) -> None:
    """Ends the visits that have been inactive for a while, or stops their work first. now: monotonic seconds."""
    for visit in list(visits):
        try:
            if is_there(visit.session):
                visit.seen = now
            elif now - visit.seen > _EXPIRED_S and visit.end():
                visits.remove(visit)
        except Exception:  # continue with the others, and retry this one at the next check
            _LOG.exception("A visit could not be ended")
