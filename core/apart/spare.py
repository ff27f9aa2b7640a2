"""Processes that have answered and wait for the next question, so that it need not wait for a start."""

from __future__ import annotations

import contextlib

from core.apart.process import Process

_spare: list[Process] = []


def keep(process: Process) -> None:
    """For others to take. It may end by itself meanwhile; those that did give their connections back here."""
    for each in [each for each in _spare if each.has_ended]:
        with contextlib.suppress(ValueError):  # another thread took it, and ends it
            _spare.remove(each)
            each.end()
    _spare.append(process)


def taken() -> Process | None:
    """The one that was kept last, for the caller alone."""
    try:
        return _spare.pop()
    except IndexError:  # another thread took it
        return None


def end_spare() -> None:
    """Ends them all: something that wants their memory more is about to start."""
    while (process := taken()) is not None:
        process.end()
