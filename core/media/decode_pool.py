"""The processes apart that decode (`core.media.decode_worker`): started when needed, asked, used again, ended.

They end by themselves when nobody asks for ten seconds, and when this process ends, however it does.
"""

from __future__ import annotations

import json
import signal
import threading
from typing import Any

from PIL import Image

from core.errors import MediaError, TooSlow
from core.isolation.pool import acquire, release
from core.isolation.process import NoReply, Process, ProcessEnded
from core.media.formats import pack_tables

SILENT_S = 180.0  # of any time, without an answer, a frame or a sign of life
# Pillow gives each block of memory back to the system unless told to keep some: that alone would double the work.
_SETTINGS = {"PILLOW_BLOCKS_MAX": "4", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_CRASHED = "The decoder broke down on it, or took too much memory: export a smaller copy, or convert it."
_TOO_LONG = "Decoding it takes too long, so it was stopped: export it anew, or convert it."

Reply = dict[str, Any]
Picture = Image.Image | None
Answer = tuple[Reply, Picture]


class Worker(Process):
    """A process that decodes."""

    def __init__(self) -> None:
        self.is_new = True
        try:
            super().__init__("core.media.decode_worker", _SETTINGS)
        except ProcessEnded:
            raise MediaError("The process that decodes files could not be started: restart Semblance.") from None

    def ask(self, request: Reply, data: bytes | None) -> Answer:
        """The first message in answer to a request, which `core.media.decode_worker` reads. Raises Silent and Gone."""
        self.send(json.dumps(request | {"formats": pack_tables()}).encode(), *([] if data is None else [data]))
        return self.receive_reply(request["silent_s"])

    def receive_reply(self, limit_s: float, cancel: threading.Event | None = None) -> Answer:
        """The next message, and its picture; {"cancelled": True} where `cancel` came first. Raises Silent and Gone."""
        message = self.receive(limit_s, cancel)
        if message is None:
            return {"cancelled": True}, None
        predictions: Reply = json.loads(message)
        pixels = self.receive(limit_s) if "pixels" in predictions else None
        return predictions, Image.frombytes("RGB", tuple(predictions["pixels"]), pixels) if pixels else None


def request_reply(request: dict[str, Any], data: bytes | None) -> Answer:
    """The answer of a process, which then waits for the next question. Raises MediaError, see `started`."""
    worker, predictions, picture = start_request(request, data)
    release_worker(worker)
    return predictions, picture


def start_request(
    request: dict[str, Any], data: bytes | None, *, rebuild: bool = False
) -> tuple[Worker, Reply, Picture]:
    """A process and the first it says, to be released or ended. anew: none that has answered others before.

    Raises MediaError with the reason: the file's own, or that its decoder hung or crashed.
    """
    worker = Worker() if rebuild else _acquire_worker()
    try:
        predictions, image = worker.ask(request, data)
    except NoReply:
        worker.end()
        raise TooSlow(_TOO_LONG) from None
    except ProcessEnded:
        if worker.end() == -signal.SIGPROF:  # its time was over
            raise TooSlow(_TOO_LONG) from None
        if worker.is_new:
            raise MediaError(_CRASHED) from None
        return start_request(request, data, rebuild=True)  # it may have ended for having waited too long
    except BaseException:
        worker.end()
        raise
    if "reason" in predictions:
        release_worker(worker)
        raise MediaError(predictions["reason"])
    return worker, predictions, image


def release_worker(worker: Worker) -> None:
    """It may be asked by others."""
    worker.is_new = False
    release(worker)


def _acquire_worker() -> Worker:
    worker = acquire()
    return worker if isinstance(worker, Worker) else Worker()
