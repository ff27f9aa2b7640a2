"""The process apart in which a function works; `core.isolation.calls` starts, asks and ends it.

It ends with its parent, however that ends: a thread waits for nothing else.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core.errors import SemblanceError
from core.isolation.serialization import pack, unpack
from core.progress import Progress

_REPORT_EVERY_S = 0.1
_NO_MEMORY = "Not enough memory for this: choose fewer items."


def serve(handle: int) -> None:
    """Answers one request and ends."""
    _is_modest()
    connection = Connection(handle)
    _send(connection, "ready", None)
    request = unpack(connection.recv_bytes(), connection.recv_bytes)
    sys.path[:] = request["path"]
    cancel = threading.Event()
    threading.Thread(target=_listen, args=(connection, cancel), daemon=True).start()
    try:
        _send(connection, "ended", _run_request(connection, request, cancel))
    except SemblanceError as error:
        _send(connection, "error", (type(error).__name__, str(error)))
    except MemoryError:
        _send(connection, "error", ("ApartError", _NO_MEMORY))
    except BaseException:
        _send(connection, "failed", traceback.format_exc())
    with contextlib.suppress(EOFError, OSError):
        threading.Event().wait()  # until the parent has read it, and ends this


def _run_request(connection: Connection, request: dict[str, Any], cancel: threading.Event) -> Any:
    module, _, name = request["function"].partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    listeners = {"on_progress": _ProgressSender(connection), "cancel": cancel}
    result = function(*request["args"], **request["kwargs"], **{name: listeners[name] for name in request["told"]})
    if not isinstance(result, Iterator):
        return result
    for value in result:
        _send(connection, "gave", value)
    return None


class _ProgressSender:
    """Sends progress, not more often than somebody could see; a new stage, and its end, at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._stage, self._told = connection, "", 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now > self._told + _REPORT_EVERY_S or progress.stage != self._stage or progress.done == progress.total:
            self._stage, self._told = progress.stage, now
            _send(self._connection, "progress", progress)


def _listen(connection: Connection, cancel: threading.Event) -> None:
    """Waits for the word to stop, and for the parent's end."""
    try:
        while True:
            connection.recv_bytes()
            cancel.set()
    except (EOFError, OSError):
        os._exit(1)


def _send(connection: Connection, kind: str, value: Any) -> None:
    for block in pack((kind, value)):
        connection.send_bytes(block)


class _BlockedImports:
    """Modules that libraries look for and that nothing here has need of are not found: 60 MB."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError(name)
        return None


def _is_modest() -> None:
    """Of little memory; and if the system runs out of it, this process is the one to go."""
    sys.meta_path.insert(0, _BlockedImports())  # type: ignore[arg-type]
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
