"""Processes that have answered and wait for the next question, so that it need not wait for a start."""

from __future__ import annotations

import contextlib

from core.isolation.process import Process

_idle: list[Process] = []


def release(process: Process) -> None:
    """For others to take. It may end by itself meanwhile; those that did give their connections back here."""
    for entry in [entry for entry in _idle if entry.has_ended]:
        with contextlib.suppress(ValueError):  # another thread took it, and ends it
            _idle.remove(entry)
            entry.end()
    _idle.append(process)


def acquire() -> Process | None:
    """The one that was kept last, for the caller alone."""
    try:
        return _idle.pop()
    except IndexError:  # another thread took it
        return None


def close_idle() -> None:
    """Ends them all: something that wants their memory more is about to start."""
    while (process := acquire()) is not None:
        process.end()
