"""Whether the files of all libraries are as they were written: read beside the pages, slowly, once a day."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from core import Library, SemblanceError
from core.library.registry import list_libraries
from ui.server.state import once, repeat
from ui.server.streamlit_internals import server_runs

_LOG = logging.getLogger("semblance")
_EVERY_S = 300.0
_AGAIN_S = 86_400.0
_BYTES_A_SECOND = 50e6  # so that nobody waits for the disk

_found: dict[Path, list[str]] = {}
_looked: dict[Path, float] = {}  # when, monotonic seconds


@once
def watch_libraries() -> None:
    """Begins, once for a server."""
    if server_runs():
        repeat("library files", check_libraries, every_s=_EVERY_S, goes_on=server_runs)


def check_libraries(wait: Callable[[float], object] = time.sleep) -> None:
    """Looks at each library that was not looked at today. wait: for some seconds."""
    for path in list_libraries():
        if time.monotonic() - _looked.get(path, -_AGAIN_S) >= _AGAIN_S:
            with contextlib.suppress(SemblanceError, OSError):  # who opens the library is told
                _found[path] = Library(path).find_damage(rest=lambda count: wait(count / _BYTES_A_SECOND))
                for problem in _found[path]:
                    _LOG.error(problem)
            _looked[path] = time.monotonic()


def known_damage(library: Library) -> list[str]:
    """A sentence for each damaged table, as found by the last look."""
    return _found.get(library.path, [])
