"""The processes apart that decode (`core.media.worker`): started when needed, asked, used again, ended.

They end by themselves when nobody asks for ten seconds, and when this process ends, however it does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from PIL import Image

from core.errors import MediaError

SILENT_S = 180.0  # of any time, without an answer, a frame or a sign of life
_START_S = 60.0
_LOOK_S = 0.2

# The package without its `__init__`, which would load tables and encoders: 0.2 s instead of a second.
_START = """
import sys, types
core = types.ModuleType("core")
core.__path__ = [sys.argv[1]]
sys.modules["core"] = core
from core.media.worker import serve
serve(int(sys.argv[2]))
"""
# Pillow gives each block of memory back to the system unless told to keep some: that alone would double the work.
_SETTINGS = {"PILLOW_BLOCKS_MAX": "4", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_CRASHED = "The decoder broke down on it, or took too much memory: export a smaller copy, or convert it."
_TOO_LONG = "Decoding it takes too long, so it was stopped: export it anew, or convert it."
_idle: list[Worker] = []

Told = dict[str, Any]
Picture = Image.Image | None
Answer = tuple[Told, Picture]


class Silent(Exception):
    """The process did not answer in time."""


class Gone(Exception):
    """The process has ended."""


class Worker:
    """One process and the connection to it."""

    def __init__(self) -> None:
        self.is_new = True
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, str(Path(__file__).parents[1]), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # where decoders complain of damage
                env=os.environ | _SETTINGS,
            )
        try:
            self.receive(_START_S)
        except (Silent, Gone):
            self.end()
            raise MediaError("The process that decodes files could not be started: restart Semblance.") from None

    def ask(self, request: dict[str, Any], data: bytes | None) -> Answer:
        """The first message in answer to a request, which `core.media.worker` reads. Raises Silent and Gone."""
        try:
            self._connection.send_bytes(json.dumps(request).encode())
            if data is not None:
                self._connection.send_bytes(data)
        except OSError:
            raise Gone from None
        return self.receive(request["silent_s"])

    def receive(self, limit_s: float, cancel: threading.Event | None = None) -> Answer:
        """The next message, and its picture; {"cancelled": True} where `cancel` came first. Raises Silent and Gone."""
        until = time.monotonic() + limit_s
        try:
            while not self._connection.poll(max(0.0, min(_LOOK_S, until - time.monotonic()))):
                if cancel is not None and cancel.is_set():
                    return {"cancelled": True}, None
                if time.monotonic() > until:
                    raise Silent
            told = json.loads(self._connection.recv_bytes())
            pixels = self._connection.recv_bytes() if "pixels" in told else b""
        except (EOFError, OSError):
            raise Gone from None
        return told, Image.frombytes("RGB", tuple(told["pixels"]), pixels) if pixels else None

    def end(self) -> int:
        """Ends it; returns how it ended, as `subprocess` says it."""
        self._connection.close()
        self._process.kill()
        return self._process.wait()


def asked(request: dict[str, Any], data: bytes | None) -> Answer:
    """The answer of a process, which then waits for the next question. Raises MediaError, see `started`."""
    worker, told, picture = started(request, data)
    release(worker)
    return told, picture


def started(request: dict[str, Any], data: bytes | None, *, anew: bool = False) -> tuple[Worker, Told, Picture]:
    """A process and the first it says, to be released or ended. anew: none that has answered others before.

    Raises MediaError with the reason: the file's own, or that its decoder hung or crashed.
    """
    worker = Worker() if anew else _taken()
    try:
        told, image = worker.ask(request, data)
    except Silent:
        worker.end()
        raise MediaError(_TOO_LONG) from None
    except Gone:
        if worker.end() == -signal.SIGPROF:  # its time was over
            raise MediaError(_TOO_LONG) from None
        if worker.is_new:
            raise MediaError(_CRASHED) from None
        return started(request, data, anew=True)  # it may have ended for having waited too long
    except BaseException:
        worker.end()
        raise
    if "reason" in told:
        release(worker)
        raise MediaError(told["reason"])
    return worker, told, image


def release(worker: Worker) -> None:
    """It may be asked by others."""
    worker.is_new = False
    _idle.append(worker)


def _taken() -> Worker:
    with contextlib.suppress(IndexError):
        return _idle.pop()
    return Worker()
