"""The processes apart that decode (`core.media.worker`): started when needed, asked, used again, ended.

They end by themselves when nobody asks for ten seconds, and when this process ends, however it does.
"""

from __future__ import annotations

import json
import signal
import threading
from typing import Any

from PIL import Image

from core.apart.process import Gone, Process, Silent
from core.apart.spare import keep, taken
from core.errors import MediaError, TooSlow

SILENT_S = 180.0  # of any time, without an answer, a frame or a sign of life
# Pillow gives each block of memory back to the system unless told to keep some: that alone would double the work.
_SETTINGS = {"PILLOW_BLOCKS_MAX": "4", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_CRASHED = "The decoder broke down on it, or took too much memory: export a smaller copy, or convert it."
_TOO_LONG = "Decoding it takes too long, so it was stopped: export it anew, or convert it."

Told = dict[str, Any]
Picture = Image.Image | None
Answer = tuple[Told, Picture]


class Worker(Process):
    """A process that decodes."""

    def __init__(self) -> None:
        self.is_new = True
        try:
            super().__init__("core.media.worker", _SETTINGS)
        except Gone:
            raise MediaError("The process that decodes files could not be started: restart Semblance.") from None

    def ask(self, request: Told, data: bytes | None) -> Answer:
        """The first message in answer to a request, which `core.media.worker` reads. Raises Silent and Gone."""
        self.send(json.dumps(request).encode(), *([] if data is None else [data]))
        return self.told(request["silent_s"])

    def told(self, limit_s: float, cancel: threading.Event | None = None) -> Answer:
        """The next message, and its picture; {"cancelled": True} where `cancel` came first. Raises Silent and Gone."""
        message = self.receive(limit_s, cancel)
        if message is None:
            return {"cancelled": True}, None
        told: Told = json.loads(message)
        pixels = self.receive(limit_s) if "pixels" in told else None
        return told, Image.frombytes("RGB", tuple(told["pixels"]), pixels) if pixels else None


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
        raise TooSlow(_TOO_LONG) from None
    except Gone:
        if worker.end() == -signal.SIGPROF:  # its time was over
            raise TooSlow(_TOO_LONG) from None
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
    keep(worker)


def _taken() -> Worker:
    worker = taken()
    return worker if isinstance(worker, Worker) else Worker()
