"""What the child processes that decode run; `core.media.decode_pool` calls these functions there.

Files from anywhere are decoded here, within limits, and never in the process of the app.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from core.errors import MediaError
from core.media.formats import unpack_tables
from core.media.images import LARGE_PIXELS, MAX_PIXELS, MayBeLarge, is_animated
from core.media.images import decode_image as decode_picture
from core.progress import Task

_PATIENCE_S = 300.0  # of work for any video, and so many more for each second of it: 8K takes ten on a laptop
_PACE = 60.0
_NO_MEMORY_FOR_TEXT = "Reading it takes more memory than allowed: split it into several files."

Pixels = tuple[tuple[int, int], bytes]  # (width, height), RGB


def run(function: str, tables: dict[str, Any] | None, *args: Any, **listeners: Any) -> Any:
    """Calls a function of this module under the tables of formats of the parent. Raises MediaError."""
    unpack_tables(tables)
    try:
        return globals()[function](*args, **listeners)
    except MemoryError:
        raise _no_memory() from None


def decode_image(data: bytes, min_side: int | None, may_move: bool, may_be_large: bool) -> dict[str, Any]:
    """Facts and pixels of a picture. What is large, or may be, is not decoded unless that is allowed: the parent
    has these decoded one at a time."""
    if may_move and is_animated(data):
        return {"animated": True}
    limit = 0 if min_side is None else MAX_PIXELS if may_be_large else LARGE_PIXELS
    try:
        found = decode_picture(data, min_side=min_side, max_decoded=limit, may_be_large=may_be_large)
    except MayBeLarge:
        return {"large": True}
    if min_side is not None and found.image is None:
        return {"large": True}
    facts = {"size": found.size, "taken_at": found.taken_at and found.taken_at.isoformat(), "remark": found.remark}
    return facts | ({"pixels": _pixels(found.image)} if found.image and min_side is not None else {})


def read_video_info(source: str | bytes) -> dict[str, Any]:
    """Facts of a video."""
    from core.media.video import Video  # loads FFmpeg

    with Video(_source(source)) as video:
        return _info(video)


def decode_video(
    source: str | bytes,
    sampling: str,
    start_s: float,
    min_side: int | None,
    max_s: float | None,
    *,
    task: Task,
) -> Generator[Any, None, tuple[float, float, str | None]]:
    """Facts of a video, then each sampled frame; returns how far it could be read, its length, and the damage.

    max_s: of a video that goes on for longer, whatever its header says, decoding ends there with a MediaError.
    """
    from core.media.sampling import Sampling
    from core.media.video import Video

    try:
        with Video(_source(source)) as video:
            if max_s is not None and (video.info.duration_s or 0.0) > max_s:
                raise _too_long(max_s)
            yield _info(video)
            signs, chosen = _Heartbeat(video, task, max_s), Sampling.parse(sampling)
            for frame in video.frames(chosen, start_s=start_s, min_side=min_side, cancel=signs):
                yield (frame.start_s, frame.end_s, frame.time_s), _pixels(frame.image)
            if max_s is not None and video.read_s > max_s:
                raise _too_long(max_s)
            return video.read_s, video.length_s, video.damage
    except MemoryError:
        raise _no_memory() from None


def decode_stills(
    source: str | bytes,
    times_s: Sequence[float],
    min_side: int | None,
    *,
    task: Task,
) -> tuple[Pixels, ...]:
    """The pictures on the screen at some seconds."""
    from core.media.video import Video

    with Video(_source(source)) as video:
        signs = _Heartbeat(video, task)
        return tuple(_pixels(image) for image in video.pictures_at(times_s, min_side=min_side, cancel=signs))


def is_playable(source: str | bytes) -> bool:
    """Whether browsers play a video."""
    from core.media.video_files.container import is_playable

    return is_playable(_source(source))


def decode_document(source: str | bytes, suffix: str) -> Generator[Any, None, str | None]:
    """The passages of a document in batches, see `read_passages`; returns what is missing of it."""
    from core.media.documents.readers import read_passages

    try:
        return (yield from read_passages(_source(source), suffix))
    except MemoryError:
        raise MediaError(_NO_MEMORY_FOR_TEXT) from None


def draw_document(source: str | bytes, suffix: str, places: Sequence[float | None], side: int) -> tuple[Pixels, ...]:
    """A picture of a document for each place."""
    from core.media.documents.drawing import draw_places

    return tuple(_pixels(image) for image in draw_places(_source(source), suffix, places, side))


def read_document(source: str | bytes, suffix: str, place: float | None) -> str:
    """The passage at a place, in its context."""
    from core.media.documents.drawing import read_context

    return read_context(_source(source), suffix, place)


class _Heartbeat(threading.Event):
    """Asked between packets whether to stop: reports a sign of life, and says yes where decoding leads nowhere."""

    def __init__(self, video: Any, task: Task, max_s: float | None = None) -> None:
        super().__init__()
        self._max_s = math.inf if max_s is None else max_s
        self._video, self._task, self._stage = video, task, task.stage("decode", "seconds")
        self._begun = time.process_time()

    def is_set(self) -> bool:
        self._stage.report(int(self._video.read_s))
        spent = time.process_time() - self._begun
        is_over = self._video.read_s > self._max_s or spent > _PATIENCE_S + _PACE * min(self._video.read_s, self._max_s)
        return self._task.is_cancelled or is_over


def _info(video: Any) -> dict[str, Any]:
    info = asdict(video.info)
    return info | {"taken_at": info["taken_at"] and info["taken_at"].isoformat()}


def _source(source: str | bytes) -> Path | bytes:
    return Path(source) if isinstance(source, str) else source


def _pixels(image: Image.Image) -> Pixels:
    return image.size, image.tobytes()


def _too_long(max_s: float) -> MediaError:
    return MediaError(f"It is longer than {max_s:,.0f} seconds, which is the limit: cut it.")


def _no_memory() -> MediaError:
    return MediaError("Not enough memory to decode it: export a smaller copy.")
