"""Files from anywhere decoded in processes apart (`core.media.worker`), which can be ended.

A decoder that hangs, crashes or eats memory then costs one file a reason, and nobody else anything: threads cannot be
ended. Processes are started when needed, used again, and end by themselves when nobody asks for ten seconds.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image

from core.errors import MediaError
from core.media.sampling import Sampling

if TYPE_CHECKING:
    from core.media.video import Frame, VideoInfo

T = TypeVar("T")

PICTURE_S = 30.0  # of the processor's time, so that a busy machine gives up no good file; the largest take about four
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
_idle: list[_Worker] = []
_large = threading.Lock()


@dataclass(frozen=True, slots=True)
class Looked:
    """What a picture is. image: None where it was not wanted. size: (width, height) in pixels, as displayed.

    moves: it is an animated GIF, and nothing else was looked at.
    """

    image: Image.Image | None = None
    size: tuple[int, int] | None = None
    taken_at: datetime | None = None
    moves: bool = False


def look(data: bytes, *, min_side: int | None, may_move: bool = False) -> Looked:
    """Decodes a picture (see `open_image`) and reads its facts; without a min_side its facts alone.

    may_move: whether it is to be asked first if it is an animated GIF. Raises MediaError: also where that takes more
    than `PICTURE_S` seconds of work, crashes the decoder or takes too much memory.
    """
    request = {
        "min_side": min_side,
        "may_move": may_move,
        "may_be_large": False,
        "work_s": PICTURE_S,
        "silent_s": SILENT_S,
    }
    told, image = _asked(lambda worker: worker.picture(request, data))
    if told.get("large"):
        with _large:  # one at a time, however many threads: each may take two gigabytes on its way
            told, image = _asked(lambda worker: worker.picture(request | {"may_be_large": True}, data))
    if told.get("animated"):
        return Looked(moves=True)
    width, height = told["size"]
    return Looked(image, (width, height), _time(told["taken_at"]))


def open_apart(source: Path | str | bytes, *, min_side: int) -> Image.Image:
    """As `open_image`, in a process apart. Raises MediaError."""
    from core.media.images import read_bytes

    image = look(source if isinstance(source, bytes) else read_bytes(Path(source)), min_side=min_side).image
    assert image is not None
    return image


def probe_apart(path: Path | str) -> VideoInfo:
    """As `core.media.video.probe`, in a process apart. Raises MediaError."""
    with VideoApart(path, None) as video:
        return video.info


class VideoApart:
    """A video decoded in a process apart: `info` at once, and `frames()`, once. To be used in `with`.

    After `frames()` has ended, `read_s` says how far the file could be read and `damage` what was wrong with it.
    """

    def __init__(
        self,
        source: Path | str | bytes,
        sampling: Sampling | None,
        *,
        start_s: float = 0.0,
        min_side: int | None = None,
    ) -> None:
        """source: a path, or the bytes of a file. Otherwise see `Video.frames`; without a sampling there are none.

        Raises MediaError as `Video` does.
        """
        data = source if isinstance(source, bytes) else None
        path = None if isinstance(source, bytes) else str(source)
        how = str(sampling) if sampling else None
        request = {
            "path": path,
            "sampling": how,
            "start_s": start_s,
            "min_side": min_side,
            "work_s": None,
            "silent_s": SILENT_S,
        }
        self._has_ended = sampling is None
        self.read_s = 0.0
        self.damage: str | None = None
        self._worker, told = _started(lambda worker: worker.video(request, data))
        from core.media.video import VideoInfo

        self.info: VideoInfo = VideoInfo(**told["info"] | {"taken_at": _time(told["info"]["taken_at"])})

    def __enter__(self) -> VideoApart:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._has_ended:
            _idle.append(self._worker)
        else:
            self._worker.end()

    def frames(self, *, cancel: threading.Event | None = None) -> Iterator[Frame]:
        """The sampled frames. Ends early at damage, at `cancel`, and where the decoder hangs or crashes."""
        from core.media.video import Frame

        while not self._has_ended:
            try:
                told, image = self._worker.receive(SILENT_S, cancel)
            except (_Silent, _Gone) as error:
                why = "decoding it hung there" if isinstance(error, _Silent) else "the decoder broke down there"
                self.damage = f"Only the first {self.read_s:.1f} s could be read; {why}: convert the file."
                return
            if told is None:
                return
            if image is not None:
                start_s, end_s, time_s = told["frame"]
                self.read_s = end_s
                yield Frame(start_s, end_s, time_s, image)
            elif "read_s" in told:
                self.read_s, self.damage, self._has_ended = told["read_s"], told["damage"], True
            elif "reason" in told:
                raise MediaError(told["reason"])


# inside


class _Silent(Exception):
    """The process did not answer in time."""


class _Gone(Exception):
    """The process has ended."""


class _Worker:
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
        except (_Silent, _Gone):
            self.end()
            raise MediaError("The process that decodes files could not be started: restart Semblance.") from None

    def picture(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], Image.Image | None]:
        self._send(request, data)
        told, image = self.receive(SILENT_S)
        return told or {}, image

    def video(self, request: dict[str, Any], data: bytes | None) -> dict[str, Any]:
        self._send(request, data)
        return self.receive(SILENT_S)[0] or {}

    def receive(
        self, limit_s: float, cancel: threading.Event | None = None
    ) -> tuple[dict[str, Any] | None, Image.Image | None]:
        """The next message; None where `cancel` came first. Raises _Silent and _Gone."""
        until = time.monotonic() + limit_s
        try:
            while not self._connection.poll(max(0.0, min(_LOOK_S, until - time.monotonic()))):
                if cancel is not None and cancel.is_set():
                    return None, None
                if time.monotonic() > until:
                    raise _Silent
            told = json.loads(self._connection.recv_bytes())
            pixels = self._connection.recv_bytes() if "pixels" in told else b""
        except (EOFError, OSError):
            raise _Gone from None
        return told, Image.frombytes("RGB", tuple(told["pixels"]), pixels) if pixels else None

    def end(self) -> int:
        """Ends it; returns how it ended, as `subprocess` says it."""
        self._connection.close()
        self._process.kill()
        return self._process.wait()

    def _send(self, request: dict[str, Any], data: bytes | None = None) -> None:
        try:
            self._connection.send_bytes(json.dumps(request).encode())
            if data is not None:
                self._connection.send_bytes(data)
        except OSError:
            raise _Gone from None


def _asked(ask: Callable[[_Worker], T]) -> T:
    """The answer of a process, which then waits for the next question."""
    worker, answer = _started(ask)
    _idle.append(worker)
    return answer


def _started(ask: Callable[[_Worker], Any]) -> tuple[_Worker, Any]:
    """A process and its answer. Raises MediaError with the reason: the file's own, or that it hung or crashed."""
    while True:
        worker = _taken()
        try:
            answer = ask(worker)
        except _Gone:
            if worker.end() == -signal.SIGPROF:  # its time was over
                raise MediaError(_TOO_LONG) from None
            if worker.is_new:
                raise MediaError(_CRASHED) from None
            continue  # it may have waited for too long, and ended
        except _Silent:
            worker.end()
            raise MediaError(_TOO_LONG) from None
        except BaseException:
            worker.end()
            raise
        worker.is_new = False
        told = answer[0] if isinstance(answer, tuple) else answer
        if "reason" in told:
            _idle.append(worker)
            raise MediaError(told["reason"])
        return worker, answer


def _taken() -> _Worker:
    with contextlib.suppress(IndexError):
        return _idle.pop()
    return _Worker()


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
