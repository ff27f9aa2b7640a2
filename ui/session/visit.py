"""One visit: its number in the queue, and the folders that go with it, also where the browser never says goodbye."""

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
from core.library.registry import temporary_library
from core.library.session_folders import get_visits_folder
from ui.server.state import once, repeat
from ui.server.streamlit_internals import current_session_id, is_active_session, server_runs
from ui.session.queue import QUEUE
from ui.session.state import get_state

_LOG = logging.getLogger("semblance")
_LOOK_S = 15.0
_GONE_S = 180.0  # a browser that lost its connection may come back within two minutes


@dataclass(eq=False, slots=True)
class Visit:
    """id: of the visit in the queue. session: Streamlit's. seen: when it was last there (monotonic seconds)."""

    id: str
    session: str
    folders: list[tempfile.TemporaryDirectory[str]] = field(default_factory=list)
    seen: float = field(default_factory=time.monotonic)

    def library(self, name: str) -> Library:
        """A library that goes with the visit."""
        library, folder = temporary_library(name)
        self.folders.append(folder)
        return library

    def leave(self, library: Library) -> None:
        """Removes such a library."""
        for folder in [entry for entry in self.folders if library.path.is_relative_to(entry.name)]:
            self.folders.remove(folder)
            folder.cleanup()

    def uploaded(self) -> tuple[int, int]:
        """(files, bytes) that were uploaded and are still there."""
        sizes = []
        for path in [path for folder in list(self.folders) for path in Path(folder.name).glob("*/uploads/*")]:
            with contextlib.suppress(FileNotFoundError):  # taken out meanwhile
                sizes.append(path.stat().st_size)
        return len(sizes), sum(sizes)

    def end(self) -> bool:
        """Stops its work and removes its files. Returns whether it has ended; False while work is still stopping, which
        may write there."""
        QUEUE.forget(self.id)
        if any(entry.running and not entry.lasting for entry in QUEUE.tickets_of(self.id)):
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
    if visit not in visits:  # also one that was taken for gone and came back: what it makes now is to go with it too
        visit.seen = time.monotonic()
        visits.append(visit)
    return visit


@once
def _visits() -> list[Visit]:
    """All visits of the server, with somebody who looks after those that end."""
    visits: list[Visit] = []
    if server_runs():  # not where pages run without a server
        get_visits_folder()  # removes what a killed server left

        def look_after() -> None:
            end_expired(visits, is_active_session, time.monotonic())

        repeat("visits", look_after, every_s=_LOOK_S, goes_on=server_runs)
    return visits


def end_expired(visits: list[Visit], is_there: Callable[[str], bool], now: float) -> None:
    """Ends the visits that have been gone for a while, or says so to their work. now: monotonic seconds."""
    for entry in list(visits):
        try:
            if is_there(entry.session):
                entry.seen = now
            elif now - entry.seen > _GONE_S and entry.end():
                visits.remove(entry)
        except Exception:  # the others are looked after all the same, and this one again the next time
            _LOG.exception("A visit could not be ended")
