"""Idle child processes, kept so that the next call need not wait for a start."""

from __future__ import annotations

import contextlib

from core.isolation.process import Process

_idle: list[Process] = []


def release(process: Process) -> None:
    """Makes a process available to others. It may end by itself meanwhile; those that did are cleared here."""
    for idle in [idle for idle in _idle if idle.has_ended]:
        with contextlib.suppress(ValueError):  # another thread took it, and ends it
            _idle.remove(idle)
            idle.end()
    _idle.append(process)


def acquire() -> Process | None:
    """The process that was released last, for the caller alone; None if there is none."""
    try:
        return _idle.pop()
    except IndexError:  # another thread took it
        return None


def close_idle() -> None:
    """Ends all idle processes, to make room for work that needs their memory more."""
    while (process := acquire()) is not None:
        process.end()
