"""The child process: runs the functions that `core.isolation.calls` names, one after another.

It ends with its parent, however that ends: a thread reads the connection. It also ends when no request comes for a
while, and by the system's timers where a decoder hangs and lets no Python run.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core.errors import SemblanceError
from core.isolation.serialization import pack, unpack
from core.progress import Progress, Task

_IDLE_S = 10.0
_REPORT_EVERY_S = 0.1
_NO_MEMORY = "Not enough memory for this: choose fewer items."

_Request = tuple[dict[str, Any], threading.Event]


def serve(handle: int) -> None:
    """Answers requests until the connection closes, or none comes for ten seconds."""
    with contextlib.suppress(OSError):  # if the system runs out of memory, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    connection = Connection(handle)
    requests: queue.Queue[_Request] = queue.Queue()
    threading.Thread(target=_listen, args=(connection, requests), daemon=True).start()
    connection.send_bytes(b"ready")
    with contextlib.suppress(EOFError, OSError, queue.Empty):
        while True:
            request, cancel = requests.get(timeout=_IDLE_S)
            _Answer(connection, request, cancel).run()


def _listen(connection: Connection, requests: queue.Queue[_Request]) -> None:
    """Reads requests, and the word to stop the latest of them; ends the process with its parent."""
    cancel = threading.Event()
    try:
        while True:
            first = connection.recv_bytes()
            if first == b"cancel":
                cancel.set()
            else:
                cancel = threading.Event()
                requests.put((unpack(first, connection.recv_bytes), cancel))
    except (EOFError, OSError):
        os._exit(0)


class _Answer:
    """One request and the messages that answer it. Also hears the progress of its function."""

    def __init__(self, connection: Connection, request: dict[str, Any], cancel: threading.Event) -> None:
        self._connection, self._request, self._cancel = connection, request, cancel
        self._stage, self._reported = "", 0.0

    def run(self) -> None:
        try:
            self._send("ended", self._call())
        except SemblanceError as error:
            self._send("error", (type(error).__name__, str(error)))
        except MemoryError:
            self._send("error", ("ApartError", _NO_MEMORY))
        except Exception:
            self._send("failed", traceback.format_exc())
        finally:
            _end_in(None)
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            _limit_growth(None)

    def _call(self) -> Any:
        sys.path[:] = self._request["path"]
        module, _, name = self._request["function"].partition(":")
        _end_in(self._request["silent_s"])
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
        _limit(self._request["memory"], self._request["work_s"])
        _limit_growth(self._request["more_memory"])
        listeners = {"on_progress": self._report, "cancel": self._cancel}
        given: dict[str, Any] = {name: listeners[name] for name in self._request["listeners"]}
        task = {"task": Task(**given)} if given else {}
        result = function(*self._request["args"], **self._request["kwargs"], **task)
        while isinstance(result, Iterator):
            try:
                value = next(result)
            except StopIteration as stop:
                return stop.value
            self._send("gave", value)
        return result

    def _report(self, progress: Progress) -> None:
        """Sends progress, not more often than anybody could see; a new stage, and its end, at once."""
        now = time.monotonic()
        if now > self._reported + _REPORT_EVERY_S or progress.stage != self._stage or progress.done == progress.total:
            self._stage, self._reported = progress.stage, now
            self._send("progress", progress)

    def _send(self, kind: str, value: Any) -> None:
        _end_in(None)  # the parent may take its time
        for block in pack((kind, value)):
            self._connection.send_bytes(block)
        _end_in(self._request["silent_s"])


def _end_in(silent_s: float | None) -> None:
    """Ends this process after twice that time, unless it is called again: its parent, which waits for half of it, may
    have been killed. By the system, since a decoder that hangs lets no Python run. None: not at all."""
    signal.setitimer(signal.ITIMER_REAL, 2 * (silent_s or 0.0))


def _limit(memory: int | None, work_s: float | None) -> None:
    """Bytes of address space, and seconds of the processor's time."""
    if memory is not None:
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    signal.setitimer(signal.ITIMER_PROF, work_s or 0.0)


def _limit_growth(more: int | None) -> None:
    """Bytes of memory that a call may take beyond what the process has, on Linux. None: without a limit again."""
    with contextlib.suppress(ImportError, OSError, ValueError, StopIteration):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        lines = Path("/proc/self/status").read_text().splitlines()
        has = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
        resource.setrlimit(resource.RLIMIT_DATA, (hard if more is None else has + more, hard))
