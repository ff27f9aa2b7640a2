"""Files from anywhere decoded in processes apart, which can be ended.

A decoder that hangs, crashes or eats memory then costs one file a reason, and nobody else anything: threads cannot be
ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PIL import Image

from core.errors import MediaError
from core.isolation.process import NoReply, ProcessEnded
from core.media.decode_pool import SILENT_S, release_worker, request_reply, start_request
from core.media.sampling import Sampling

if TYPE_CHECKING:
    from core.media.video import Frame, VideoInfo
from collections.abc import Sequence
from typing import Any

from core.errors import TooSlow

PICTURE_S = 30.0  # of the processor's time, so that a busy machine gives up no good file; the largest take about four
_large = threading.Lock()


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a picture is. image: None where it was not wanted. size: (width, height) in pixels, as displayed.

    moves: it is an animated GIF, and nothing else was looked at.
    """

    image: Image.Image | None = None
    size: tuple[int, int] | None = None
    taken_at: datetime | None = None
    moves: bool = False


def read_image(data: bytes, *, min_side: int | None, may_move: bool = False) -> ImageFacts:
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
    predictions, image = request_reply(request, data)
    if predictions.get("large"):
        with _large:  # one at a time, however many threads: each may take two gigabytes on its way
            predictions, image = request_reply(request | {"may_be_large": True}, data)
    if predictions.get("animated"):
        return ImageFacts(moves=True)
    width, height = predictions["size"]
    return ImageFacts(image, (width, height), _time(predictions["taken_at"]))


def open_isolated(source: Path | str | bytes, *, min_side: int | None = None) -> Image.Image:
    """As `open_image`, in a process apart. Raises MediaError."""
    from core.media.images import read_bytes

    image = read_image(source if isinstance(source, bytes) else read_bytes(Path(source)), min_side=min_side or 0).image
    assert image is not None
    return image


def probe_isolated(path: Path | str) -> VideoInfo:
    """As `core.media.video.probe`, in a process apart. Raises MediaError."""
    with IsolatedVideo(path, None) as video:
        return video.info


class IsolatedVideo:
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
        self._worker, predictions, _ = start_request(request, data)
        from core.media.video import VideoInfo

        self.info: VideoInfo = VideoInfo(**predictions["info"] | {"taken_at": _time(predictions["info"]["taken_at"])})

    def __enter__(self) -> IsolatedVideo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._has_ended:
            release_worker(self._worker)
        else:
            self._worker.end()

    def frames(self, *, cancel: threading.Event | None = None) -> Iterator[Frame]:
        """The sampled frames. Ends early at damage, at `cancel`, and where the decoder hangs or crashes."""
        from core.media.video import Frame

        while not self._has_ended:
            try:
                predictions, image = self._worker.receive_reply(SILENT_S, cancel)
            except (NoReply, ProcessEnded) as error:
                why = "decoding it hung there" if isinstance(error, NoReply) else "the decoder broke down there"
                self.damage = f"Only the first {self.read_s:.1f} s could be read; {why}: convert the file."
                return
            if "cancelled" in predictions:
                return
            if image is not None:
                start_s, end_s, time_s = predictions["frame"]
                self.read_s = end_s
                yield Frame(start_s, end_s, time_s, image)
            elif "read_s" in predictions:
                self.read_s, self.damage, self._has_ended = predictions["read_s"], predictions["damage"], True
            elif "reason" in predictions:
                raise MediaError(predictions["reason"])


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_SILENT_S = 60.0  # somebody waits for them
_BROKE = "The decoder broke down on it, or took too much memory: convert it."
_HUNG = "Decoding it takes too long, so it was stopped: convert it."


def read_stills(
    source: Path | str | bytes, times_s: Sequence[float], *, min_side: int | None = None
) -> list[Image.Image]:
    """As `Video.pictures_at`, in a process apart: what is on the screen at some seconds, in their order.

    Raises MediaError: also where decoding hangs, crashes or takes too much memory.
    """
    found: list[Image.Image] = []
    worker, predictions, image = _started(source, {"times_s": list(times_s), "min_side": min_side})
    while not predictions.get("all"):
        if image is not None:
            found.append(image)
        try:
            predictions, image = worker.receive_reply(_SILENT_S)
        except (NoReply, ProcessEnded) as error:
            worker.end()
            raise (TooSlow(_HUNG) if isinstance(error, NoReply) else MediaError(_BROKE)) from None
        if "reason" in predictions:
            release_worker(worker)
            raise MediaError(predictions["reason"])
    release_worker(worker)
    return found


def read_still(source: Path | str | bytes, time_s: float, *, min_side: int | None = None) -> Image.Image:
    """The picture on the screen at a second, see `stills`."""
    return read_stills(source, [time_s], min_side=min_side)[0]


def plays_in_browsers(path: Path) -> bool:
    """As `core.media.container.is_playable`, in a process apart. False for what cannot be read."""
    try:
        worker, predictions, _ = _started(path, {"playable": True})
    except MediaError:
        return False
    release_worker(worker)
    return bool(predictions["playable"])


def _started(source: Path | str | bytes, target: dict[str, Any]) -> tuple[Any, dict[str, Any], Image.Image | None]:
    data = source if isinstance(source, bytes) else None
    path = None if isinstance(source, bytes) else str(source)
    return start_request({"path": path, "work_s": None, "silent_s": _SILENT_S} | target, data)
