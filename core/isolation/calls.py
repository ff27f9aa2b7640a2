"""Functions called in a child process: their results, errors, progress, cancellation and limits.

`run_isolated` and `stream_isolated` start a process for one call and end it with the call. The memory that it took is
returned then, and no thread here waits for the interpreter meanwhile. The price is the start, one to four seconds of
imports. `Call` is the protocol below them, for processes that take one call after another (`core.isolation.pool`).
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

import core.errors
from core.errors import ApartError, Cancelled, SemblanceError
from core.isolation.pool import acquire, close_idle, release
from core.isolation.process import NoReply, Process, ProcessEnded
from core.isolation.serialization import pack, unpack
from core.progress import SILENT, Task
from core.utils.malloc import trim

P = ParamSpec("P")
T = TypeVar("T")

_SETTINGS = {"MALLOC_ARENA_MAX": "2"}
_STOPS_S = 5.0  # from cancellation to the end of the process
_KILLED_MESSAGE = "The system ended this work, most likely for want of memory: choose fewer items, or try again later."
_CRASHED_MESSAGE = "The process that did this work broke down: try again; if it does so again, choose fewer items."
_NOT_STARTED_MESSAGE = "A process for this work could not be started, perhaps for want of memory: try again later."


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a call. silent_s: seconds without a message. work_s: of the processor's time. memory: bytes, for good.
    more_memory: bytes beyond what the process has, for this call."""

    silent_s: float | None = None
    work_s: float | None = None
    memory: int | None = None
    more_memory: int | None = None


class CallFailed(RuntimeError):
    """The function raised what is no SemblanceError. The message holds its traceback."""

    @property
    def reason(self) -> str:
        """The exception alone, such as "ValueError: 31 is not a valid Type"."""
        return str(self).rstrip().rpartition("\n")[2][:200]


class Call:
    """A function at work in a child process. Once `has_ended`, the process may take another call."""

    def __init__(
        self, process: Process, function: str, args: Sequence[Any], kwargs: dict[str, Any], limits: Limits = Limits()
    ) -> None:
        """function: `module:name`. kwargs: a `task` stays here. Raises ProcessEnded."""
        self.process, self.has_ended = process, False
        self._task: Task = kwargs.get("task", SILENT)
        self._silent_s, self._until = limits.silent_s or math.inf, math.inf
        listeners = [name for name in ("on_progress", "cancel") if getattr(self._task, name) is not None]
        plain = {name: value for name, value in kwargs.items() if name != "task"}
        request = {"function": function, "args": tuple(args), "kwargs": plain, "listeners": listeners, "path": sys.path}
        limited = {"silent_s": limits.silent_s, "work_s": limits.work_s, "memory": limits.memory}
        limited["more_memory"] = limits.more_memory
        process.send(*pack(request | limited))

    def stop(self) -> None:
        """Cancels the function's task: from now on it has five seconds."""
        self.process.send(b"cancel")
        self._until = time.monotonic() + _STOPS_S

    def finish(self) -> None:
        """Lets the process take another call if this one has ended; otherwise the process is ended."""
        if self.has_ended:
            release(self.process)
        else:
            self.process.end()

    def receive(self, cancel: threading.Event | None = None) -> tuple[str, Any] | None:
        """("gave", value) for each value of a generator, at last ("ended", value); None if `cancel` is set first.

        Raises NoReply and ProcessEnded, CallFailed, and each SemblanceError that the function raises.
        """
        while True:
            left = min(self._silent_s, self._until - time.monotonic())
            if left < 0:
                raise NoReply
            first = self.process.receive(left, cancel)
            if first is None:
                return None
            kind, value = unpack(first, partial(self.process.receive, self._silent_s))
            self.has_ended = kind in ("ended", "error", "failed")
            if kind == "error":
                raise _error(*value)
            if kind == "failed":
                raise CallFailed(f"In a child process: {value}")
            if kind != "progress":
                return kind, value
            self._task.tell(value)
            if cancel is not None and cancel.is_set():  # even if progress comes without a pause
                return None


def run_isolated(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls a function in a child process.

    Parameters
    ----------
    function : callable
        A function of a module, which the process imports by its name.
    *args, **kwargs
        What `core.isolation.serialization.pack` takes. The reports and the cancellation of a `task` are passed on;
        if the function does not stop within five seconds, the process is ended.

    Returns
    -------
    object
        What the function returns.

    Raises
    ------
    Cancelled
        The function did not stop in time.
    ApartError
        The process broke down, or the system ended it.
    SemblanceError
        What the function raises.
    """
    for kind, value in _replies(function, args, dict(kwargs)):
        if kind == "ended":
            return value  # type: ignore[no-any-return]
    raise ApartError(_CRASHED_MESSAGE)


def stream_isolated(function: Callable[P, Iterator[T]], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """Calls a generator in a child process, which ends with the iterator.

    Parameters
    ----------
    function : callable
        As of `run_isolated`.
    *args, **kwargs
        As of `run_isolated`.

    Yields
    ------
    object
        Each value as soon as it is there.

    Raises
    ------
    SemblanceError
        As `run_isolated`.
    """
    for kind, value in _replies(function, args, dict(kwargs)):
        if kind == "gave":
            yield value


def stream_limited(function: Callable[..., Any], *args: Any, limits: Limits) -> Iterator[Any]:
    """What a function gives in a child process that the next call may use again, within limits.

    Parameters
    ----------
    function : callable
        A function of a module, or a generator.
    *args
        As of `run_isolated`.
    limits : Limits
        Of this call.

    Yields
    ------
    object
        Each value of a generator; what a function returns, unless that is None.

    Raises
    ------
    ApartError
        It was silent too long, took too much memory, or broke down.
    SemblanceError
        What the function raises.
    """
    call, message = _begin(f"{function.__module__}:{function.__qualname__}", args, limits)
    try:
        while message is not None:
            if message[1] is not None:
                yield message[1]
            message = None if call.has_ended else call.receive()
    except (NoReply, ProcessEnded, CallFailed) as error:
        raise ApartError(_CRASHED_MESSAGE) from error
    finally:
        call.finish()


def _begin(name: str, args: Sequence[Any], limits: Limits) -> tuple[Call, tuple[str, Any] | None]:
    """A call and its first message, in an idle process or else in a new one."""
    for idle in (acquire(), None):
        try:
            process = idle or Process(_SETTINGS)
        except ProcessEnded:
            raise ApartError(_NOT_STARTED_MESSAGE) from None
        try:
            call = Call(process, name, args, {}, limits)
            return call, call.receive()
        except ProcessEnded:  # an idle one may have waited too long
            if process.end() == -signal.SIGPROF or idle is None:  # its time was over
                raise ApartError(_CRASHED_MESSAGE) from None
        except (NoReply, CallFailed) as error:
            process.end()
            raise ApartError(_CRASHED_MESSAGE) from error
        except SemblanceError:
            release(process)
            raise
    raise ApartError(_CRASHED_MESSAGE)


def _replies(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The messages of a call in a process of its own, which may be cancelled."""
    task: Task = kwargs.get("task", SILENT)
    task.stage("starting", "steps").report(0)
    cancel = task.cancel
    process = _start_process()
    try:
        call = Call(process, f"{function.__module__}:{function.__qualname__}", args, kwargs)
        while not call.has_ended:
            if cancel is not None and cancel.is_set():
                call.stop()
                cancel = None
            message = call.receive(cancel)
            if message is not None:
                yield message
    except NoReply:
        raise Cancelled("Stopped.") from None
    except ProcessEnded:
        raise ApartError(_KILLED_MESSAGE if process.end() == -signal.SIGKILL else _CRASHED_MESSAGE) from None
    finally:
        process.end()


def _start_process() -> Process:
    close_idle()
    trim()
    try:
        return Process(_SETTINGS)
    except ProcessEnded:
        raise ApartError(_NOT_STARTED_MESSAGE) from None


def _error(name: str, message: str) -> SemblanceError:
    kind = getattr(core.errors, name, None)
    return kind(message) if isinstance(kind, type) and issubclass(kind, SemblanceError) else SemblanceError(message)
