"""Garbage is collected beside the pages, every few seconds: after every run, as Streamlit would by itself, it holds all
visits up for the time that it takes to look at all that was ever imported.

What is imported stays as long as the server does. It is set aside (`gc.freeze`), so that a collection looks at what
visits made alone, and takes milliseconds. `postScriptGC` in .streamlit/config.toml switches the other off.
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import dataclass

from core.utils.malloc import share_arenas, trim
from ui.server.state import once, repeat
from ui.server.streamlit_internals import server_runs

_EVERY_S = 5.0
_ANEW_S = 60.0  # what visits had when things were set aside stays until then, though they have ended: ten MB each
_MODULES = 100  # so many new ones are worth setting aside


@once
def collect_garbage() -> None:
    """Begins, once for a server."""
    if server_runs():
        share_arenas()
        repeat("garbage", Collector().collect, every_s=_EVERY_S, goes_on=server_runs)


@dataclass(slots=True)
class Collector:
    """known, since: how many modules there were when things were set aside, and when (monotonic seconds)."""

    known: int = 0
    since: float = 0.0

    def collect(self) -> None:
        """One collection: of what visits made, and now and then of all."""
        if len(sys.modules) > self.known + _MODULES or time.monotonic() > self.since + _ANEW_S:
            self.known, self.since = len(sys.modules), time.monotonic()
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            trim()
        else:
            gc.collect()
