"""Pictures and videos decoded in child processes, which can be ended.

A decoder that hangs, crashes or takes too much memory costs one file a reason, and affects nothing else. Threads
cannot be ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PIL import Image

from core.errors import MediaError
from core.isolation.calls import CallFailed, Limits
from core.isolation.process import NoReply, ProcessEnded
from core.media.decode_pool import MAX_MEMORY, SILENT_S, decode, start_decoding, to_image
from core.media.sampling import Sampling
from core.utils.files import to_absolute

if TYPE_CHECKING:
    from core.media.video import Frame, VideoInfo

PICTURE_S = 30.0  # of the processor's time, so that a busy machine gives up no good file; the largest take about four
_SILENT_S = 60.0  # for pictures of a video, which somebody waits for
_large = threading.Lock()


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """A picture and its facts.

    Attributes
    ----------
    image : PIL.Image.Image, optional
        Upright, in RGB; None if only the facts were asked for.
    size : tuple of int, optional
        (width, height) in pixels, as displayed.
    taken_at : datetime, optional
        Local time, from EXIF.
    moves : bool
        It is an animation; nothing else was read.
    remark : str, optional
        Which part of the picture is missing.
    """

    image: Image.Image | None = None
    size: tuple[int, int] | None = None
    taken_at: datetime | None = None
    moves: bool = False
    remark: str | None = None


def read_image(data: bytes, *, min_side: int | None, may_move: bool = False) -> ImageFacts:
    """Decodes a picture in a child process, and reads its facts.

    Parameters
    ----------
    data : bytes
        The whole file.
    min_side : int or None
        Pixels, see `open_image`; None reads the facts alone.
    may_move : bool
        Whether to check first if it is an animated GIF.

    Returns
    -------
    ImageFacts

    Raises
    ------
    MediaError
        The picture cannot be decoded, takes more than `PICTURE_S` seconds of work or too much memory, or crashes the
        decoder.
    """

    def ask(may_be_large: bool) -> dict[str, Any]:
        arguments = data, min_side, may_move, may_be_large
        reply: dict[str, Any] = decode("decode_image", *arguments, silent_s=SILENT_S, work_s=PICTURE_S)
        return reply

    reply = ask(False)
    if reply.get("large"):
        with _large:  # one at a time, however many threads: each may take two gigabytes on its way
            reply = ask(True)
    if reply.get("animated"):
        return ImageFacts(moves=True)
    width, height = reply["size"]
    image = to_image(reply["pixels"]) if "pixels" in reply else None
    return ImageFacts(image, (width, height), _time(reply["taken_at"]), remark=reply["remark"])


def open_isolated(source: Path | str | bytes, *, min_side: int | None = None) -> Image.Image:
    """`open_image` in a child process. Raises MediaError."""
    from core.media.images import read_bytes

    image = read_image(source if isinstance(source, bytes) else read_bytes(Path(source)), min_side=min_side or 0).image
    assert image is not None
    return image


def probe_isolated(source: Path | str | bytes) -> VideoInfo:
    """`core.media.video.probe` in a child process. Raises MediaError."""
    return _video_info(decode("read_video_info", _plain(source), silent_s=SILENT_S))


class IsolatedVideo:
    """A video decoded in a child process: `info` at once, and `frames()`, once. To be used in `with`.

    After `frames()` has ended, `read_s` says how far the file could be read, `length_s` how long it is and `damage`
    what was wrong with it.

    Parameters
    ----------
    source : path or bytes
        A file, or its content.
    sampling : Sampling
        Which frames are taken.
    start_s : float
        Seconds; frames before are left out.
    min_side : int, optional
        Pixels, see `open_image`.
    max_s : float, optional
        Seconds. A video that goes on for longer, whatever its header says, raises MediaError, at once or when it has
        been decoded so far.

    Raises
    ------
    MediaError
        As `Video`.
    """

    def __init__(
        self,
        source: Path | str | bytes,
        sampling: Sampling,
        *,
        start_s: float = 0.0,
        min_side: int | None = None,
        max_s: float | None = None,
    ) -> None:
        arguments = _plain(source), str(sampling), start_s, min_side, max_s
        self._call, info = start_decoding(
            "decode_video", *arguments, limits=Limits(SILENT_S, memory=MAX_MEMORY), reports=True
        )
        self.read_s = self.length_s = 0.0
        self.damage: str | None = None
        self.info: VideoInfo = _video_info(info)

    def __enter__(self) -> IsolatedVideo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the decoding."""
        self._call.finish()

    def frames(self, *, cancel: threading.Event | None = None) -> Iterator[Frame]:
        """The sampled frames. Ends early at damage, at `cancel`, and where the decoder hangs or crashes."""
        from core.media.video import Frame

        while not self._call.has_ended:
            try:
                message = self._call.receive(cancel)
            except (NoReply, ProcessEnded, CallFailed) as error:
                self.damage = f"Only the first {self.read_s:.1f} s could be read; {_why(error)}: convert the file."
                return
            if message is None:  # cancelled
                return
            kind, value = message
            if kind == "ended":
                self.read_s, self.length_s, self.damage = value
            else:
                (start_s, end_s, time_s), pixels = value
                self.read_s = self.length_s = end_s
                yield Frame(start_s, end_s, time_s, to_image(pixels))


def read_stills(
    source: Path | str | bytes, times_s: Sequence[float], *, min_side: int | None = None
) -> list[Image.Image]:
    """The pictures on the screen at some seconds, as `Video.pictures_at`, in a child process.

    Parameters
    ----------
    source : path or bytes
        A video file, or its content.
    times_s : sequence of float
        Seconds from the beginning.
    min_side : int, optional
        Pixels, see `open_image`.

    Returns
    -------
    list of PIL.Image.Image
        In the order of `times_s`.

    Raises
    ------
    MediaError
        The video cannot be read, or decoding hangs, crashes or takes too much memory.
    """
    arguments = _plain(source), tuple(times_s), min_side
    return [to_image(pixels) for pixels in decode("decode_stills", *arguments, silent_s=_SILENT_S, reports=True)]


def read_still(source: Path | str | bytes, time_s: float, *, min_side: int | None = None) -> Image.Image:
    """The picture on the screen at a second, see `read_stills`."""
    return read_stills(source, [time_s], min_side=min_side)[0]


def plays_in_browsers(path: Path) -> bool:
    """Whether today's browsers play a video file as it is. False for what cannot be read."""
    try:
        return bool(decode("is_playable", _plain(path), silent_s=_SILENT_S))
    except MediaError:
        return False


def _why(error: NoReply | ProcessEnded | CallFailed) -> str:
    """Why decoding ended within a video."""
    if isinstance(error, CallFailed):
        return f"decoding failed there in an unexpected way ({error.reason})"
    return "decoding it hung there" if isinstance(error, NoReply) else "the decoder broke down there"


def _plain(source: Path | str | bytes) -> str | bytes:
    return source if isinstance(source, bytes) else str(to_absolute(source))  # the process may have another folder


def _video_info(info: dict[str, Any]) -> VideoInfo:
    from core.media.video import VideoInfo

    return VideoInfo(**info | {"taken_at": _time(info["taken_at"])})


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
