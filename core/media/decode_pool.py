"""Calls of `core.media.decode_worker` in child processes, which are started when needed and used again.

The processes end when no call comes for ten seconds, and when this process ends, however it does.
"""

from __future__ import annotations

import signal
import threading
from typing import Any

from PIL import Image

from core.errors import MediaError, TooSlow
from core.isolation.calls import Call, CallFailed, Limits
from core.isolation.pool import acquire
from core.isolation.process import NoReply, Process, ProcessEnded
from core.media.formats import pack_tables
from core.progress import Task

SILENT_S = 180.0  # of any time, without an answer, a frame or a sign of life
MAX_MEMORY = 6 * 2**30  # bytes of address space: three times what the largest picture takes on its way
# Pillow gives each block of memory back to the system unless told to keep some: that alone would double the work.
_SETTINGS = {"PILLOW_BLOCKS_MAX": "4", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_UNEXPECTED = "Decoding it failed in an unexpected way ({}): convert the file, and report this if you can."
_CRASHED = "The decoder broke down on it, or took too much memory: export a smaller copy, or convert it."
_TOO_LONG = "Decoding it takes too long, so it was stopped: export it anew, or convert it."


def decode(
    function: str,
    *args: Any,
    silent_s: float,
    work_s: float | None = None,
    more_memory: int | None = None,
    reports: bool = False,
) -> Any:
    """What a function returns in a child process, which then waits for the next call. Raises MediaError."""
    limits = Limits(silent_s, work_s, MAX_MEMORY, more_memory)
    call, value = start_decoding(function, *args, limits=limits, reports=reports)
    call.finish()
    return value


def start_decoding(
    function: str,
    *args: Any,
    limits: Limits,
    reports: bool = False,
    process: Process | None = None,
) -> tuple[Call, Any]:
    """A call and its first value; its `finish` ends it. reports: whether the function takes a `task`.

    Raises MediaError with the reason: the file's own, or that its decoder hung or crashed.
    """
    idle = acquire() if process is None else None
    process = idle or process or _start_process()
    listeners = {"task": Task(_ignore, threading.Event())} if reports else {}
    call: Call | None = None
    try:
        call = Call(process, "core.media.decode_worker:run", (function, pack_tables(), *args), listeners, limits)
        message = call.receive()
        assert message is not None
        return call, message[1]
    except NoReply:
        process.end()
        raise TooSlow(_TOO_LONG) from None
    except ProcessEnded:
        if process.end() == -signal.SIGPROF:  # its time was over
            raise TooSlow(_TOO_LONG) from None
        if not idle:
            raise MediaError(_CRASHED) from None
    except CallFailed as error:
        process.end()
        raise MediaError(_UNEXPECTED.format(error.reason)) from error
    except BaseException:
        call.finish() if call else process.end()
        raise
    # It may have ended because it had waited too long.
    return start_decoding(function, *args, limits=limits, reports=reports, process=_start_process())


def to_image(pixels: tuple[tuple[int, int], bytes]) -> Image.Image:
    """The picture of what the child process sends."""
    return Image.frombytes("RGB", *pixels)


def _start_process() -> Process:
    try:
        return Process(_SETTINGS)
    except ProcessEnded:
        raise MediaError("The process that decodes files could not be started: restart Semblance.") from None


def _ignore(_: object) -> None:
    """A sign of life."""
