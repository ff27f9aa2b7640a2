"""A function called in a process apart, which ends with it.

Its modules and all that it takes in memory are gone then, and it holds nobody's page up meanwhile: threads of one
process share one interpreter. The price is its start, one to four seconds of imports: for work that takes as long. No
process is kept for the next call, as that would hold what it imported, some 300 MB, beside whatever comes next.
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ParamSpec, TypeVar

import core.errors
from core.errors import ApartError, Cancelled, SemblanceError
from core.isolation.pool import close_idle
from core.isolation.process import NoReply, Process, ProcessEnded
from core.isolation.serialization import pack, unpack
from core.progress import OnProgress, Progress
from core.utils.malloc import trim

P = ParamSpec("P")
T = TypeVar("T")

_SETTINGS = {"MALLOC_ARENA_MAX": "2"}
_STOPS_S = 5.0  # until what was told to stop is ended
_KILLED_MESSAGE = "The system ended this work, most likely for want of memory: choose fewer items, or try again later."
_CRASHED_MESSAGE = "The process that did this work broke down: try again; if it does so again, choose fewer items."
_NOT_STARTED_MESSAGE = "A process for this work could not be started, perhaps for want of memory: try again later."


def run_isolated(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What `function(*args, **kwargs)` returns, or raises, worked out in a process apart.

    function: one of a module, by its name. Arguments and result are what `core.isolation.serialization.pack` takes;
    `on_progress`
    and `cancel` stay here and are told, and looked at, as ever. Where it does not stop within five seconds the process
    is ended. Raises Cancelled then, and ApartError where the process breaks down or is ended by the system.
    """
    for kind, value in _replies(function, args, dict(kwargs)):
        if kind == "ended":
            return value  # type: ignore[no-any-return]
    raise ApartError(_CRASHED_MESSAGE)


def stream_isolated(function: Callable[P, Iterator[T]], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """As `call`, for a generator: each value when it is there. The process ends with the iterator."""
    for kind, value in _replies(function, args, dict(kwargs)):
        if kind == "gave":
            yield value


def _replies(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """("gave", value) for each value of a generator, at last ("ended", value)."""
    report: OnProgress | None = kwargs.pop("on_progress", None)
    cancel: threading.Event | None = kwargs.pop("cancel", None)
    predictions = [name for name, given in (("on_progress", report), ("cancel", cancel)) if given is not None]
    name = f"{function.__module__}:{function.__qualname__}"
    request = {"function": name, "args": args, "kwargs": kwargs, "told": predictions, "path": sys.path}
    if report is not None:
        report(Progress("starting", 0, None, 0.0, "steps"))
    process = _start_worker()
    try:
        process.send(*pack(request))
        for kind, value in _receive_messages(process, cancel):
            if kind == "error":
                raise getattr(core.errors, value[0], SemblanceError)(value[1])
            if kind == "failed":
                raise RuntimeError(f"In a process apart: {value}")
            if kind != "progress":
                yield kind, value
            elif report is not None:
                report(value)
    except ProcessEnded:
        raise ApartError(_KILLED_MESSAGE if process.end() == -signal.SIGKILL else _CRASHED_MESSAGE) from None
    finally:
        process.end()


def _start_worker() -> Process:
    close_idle()
    trim()
    try:
        return Process("core.isolation.worker", _SETTINGS)
    except ProcessEnded:
        raise ApartError(_NOT_STARTED_MESSAGE) from None


def _receive_messages(process: Process, cancel: threading.Event | None) -> Iterator[tuple[str, Any]]:
    """Up to the last. Raises Gone, and Cancelled where it does not stop soon when it is told to."""
    until, kind = math.inf, ""
    while kind != "ended":
        if cancel is not None and cancel.is_set() and until == math.inf:
            process.send(b"cancel")
            until = time.monotonic() + _STOPS_S
        left = until - time.monotonic()
        try:
            if left < 0:
                raise NoReply
            first = process.receive(left, cancel if until == math.inf else None)
        except NoReply:
            raise Cancelled("Stopped.") from None
        if first is not None:
            kind, value = unpack(first, partial(process.receive, math.inf))
            yield kind, value
