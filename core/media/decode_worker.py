"""The process apart in which files from anywhere are decoded; `core.media.decode_pool` starts, asks and ends it.

It answers over one connection, in JSON and raw pixels and never in pickles: what has decoded a hostile file is not to
be trusted with more. It ends when its parent does, when nobody asks for a while, and when it takes too much memory.
"""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from PIL import Image

from core.errors import MediaError
from core.media.formats import unpack_tables
from core.media.images import get_taken_at, image_size, is_animated, is_large, open_image

MAX_MEMORY = 6 * 2**30  # bytes of address space: three times what the largest picture takes on its way
_IDLE_S = 10.0
_SIGN_EVERY_S = 1.0
_PATIENCE_S = 300.0  # of work for any video, and so many more for each second of it: 8K takes ten on a laptop
_PACE = 60.0


def serve(handle: int) -> None:
    """Answers requests until the connection closes or nobody asks for ten seconds."""
    _limit_memory()
    connection = Connection(handle)
    connection.send_bytes(b"{}")  # ready
    with contextlib.suppress(EOFError, OSError):
        while connection.poll(_IDLE_S):
            request = json.loads(connection.recv_bytes())
            unpack_tables(request["formats"])
            _end_in(2 * request["silent_s"], work_s=request["work_s"])
            try:
                _answer(connection, request)
            except MediaError as error:
                _send(connection, {"reason": str(error)})
            except MemoryError:
                _send(connection, {"reason": "Not enough memory to decode it: export a smaller copy."})


def _answer(connection: Connection, request: dict[str, Any]) -> None:
    if request.get("path"):
        _video(connection, request, Path(request["path"]))
    elif "path" in request:
        _video(connection, request, connection.recv_bytes())
    else:
        _picture(connection, request, connection.recv_bytes())


def _picture(connection: Connection, request: dict[str, Any], data: bytes) -> None:
    """Large ones are not decoded unless that is allowed: the parent has them decoded one at a time."""
    if request["may_move"] and is_animated(data):
        _send(connection, {"animated": True})
        return
    size, when = image_size(data), get_taken_at(data)
    predictions = {"size": size, "taken_at": when and when.isoformat()}
    if request["min_side"] is None:
        _send(connection, predictions)
    elif is_large(size) and not request["may_be_large"]:
        _send(connection, {"large": True})
    else:
        _send(connection, predictions, open_image(data, min_side=request["min_side"]))


def _video(connection: Connection, request: dict[str, Any], source: Path | bytes) -> None:
    """Its facts; then each frame, and a sign of life every second in between; then how far it could be read.

    Or, where that is asked, whether browsers play it, or its pictures at some seconds.
    """
    from core.media.container import is_playable
    from core.media.sampling import Sampling
    from core.media.video import Video  # loads FFmpeg

    if request.get("playable"):
        _send(connection, {"playable": is_playable(source)})
        return
    with Video(source) as video:
        if "times_s" in request:
            signs = _Heartbeat(connection, video, request["silent_s"])
            for image in video.pictures_at(request["times_s"], min_side=request["min_side"], cancel=signs):
                _send(connection, {}, image)
            _send(connection, {"all": True})
            return
        info = asdict(video.info)
        _send(connection, {"info": info | {"taken_at": info["taken_at"] and info["taken_at"].isoformat()}})
        if request["sampling"] is None:
            return
        sampling = Sampling.parse(request["sampling"])
        signs = _Heartbeat(connection, video, request["silent_s"])
        for frame in video.frames(sampling, start_s=request["start_s"], min_side=request["min_side"], cancel=signs):
            _send(connection, {"frame": [frame.start_s, frame.end_s, frame.time_s]}, frame.image)
        _send(connection, {"read_s": video.read_s, "damage": video.damage})


class _Heartbeat(threading.Event):
    """Asked between packets whether to go on: tells that it is alive, and says no where decoding leads nowhere."""

    def __init__(self, connection: Connection, video: Any, silent_s: float) -> None:
        super().__init__()
        self._connection, self._video, self._silent_s = connection, video, silent_s
        self._begun, self._told = time.process_time(), time.monotonic()

    def is_set(self) -> bool:
        if time.monotonic() - self._told > _SIGN_EVERY_S:
            _send(self._connection, {})
            self._told = time.monotonic()
        _end_in(2 * self._silent_s)
        return time.process_time() - self._begun > _PATIENCE_S + _PACE * self._video.read_s


def _send(connection: Connection, predictions: dict[str, Any], image: Image.Image | None = None) -> None:
    _end_in(None)  # the parent may take its time
    connection.send_bytes(json.dumps(predictions | ({"pixels": image.size} if image else {})).encode())
    if image is not None:
        connection.send_bytes(image.tobytes())


def _end_in(seconds: float | None, *, work_s: float | None = None) -> None:
    """Ends this process after some seconds (its parent may have been killed) or some of the processor's time.

    By the system's own doing, since a decoder that hangs lets no Python run. None: not at all.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds or 0.0)
    signal.setitimer(signal.ITIMER_PROF, work_s or 0.0)


def _limit_memory() -> None:
    """Memory; and if the system runs out all the same, this process is the one to go."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
