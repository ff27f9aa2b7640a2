"""Video files: what they are, and their frames with the seconds that each stands for. Memory stays flat.

Frames are decoded by FFmpeg (PyAV), because it tells the time of each frame exactly, where frame rates vary as well,
and says why it failed.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import av
from PIL import Image

from core.errors import MediaError
from core.files import absolute
from core.media.sampling import Sampling

MAX_FRAME_PIXELS = 8192 * 8192
_TAIL_S = 1.0  # what a container says of its length is often off by this much

# Only containers of pictures and sound: playlists (HLS, concat) would open other files and addresses.
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,gif"
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video file says of itself. width, height: pixels as displayed, after `rotation` (degrees clockwise).

    duration_s: None where the container does not say. fps: the mean rate. taken_at: local time.
    """

    duration_s: float | None
    fps: float | None
    width: int
    height: int
    rotation: int
    codec: str
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Frame:
    """One sampled frame, upright, in RGB. It was shown at `time_s` and stands for start_s..end_s, in seconds."""

    start_s: float
    end_s: float
    time_s: float
    image: Image.Image


def probe(source: Path | str | bytes) -> VideoInfo:
    """What a video is, from its header and first frame. Raises MediaError with the reason in one sentence."""
    with Video(source) as video:
        return video.info


def frame_at(source: Path | str | bytes, time_s: float, *, min_side: int | None = None) -> Image.Image:
    """The picture on the screen at a time; before the first frame the first, after the end the last one.

    min_side: see `open_image`. Raises MediaError.
    """
    with Video(source) as video:
        return video.frame_at(time_s, min_side=min_side)


class Video:
    """An open video file: `info`, `frames()`, `frame_at()`. To be closed, or used in `with`.

    After `frames()` has ended, `read_s` says how far the file could be read and `damage` what was wrong with it.
    """

    def __init__(self, source: Path | str | bytes) -> None:
        """Raises MediaError with the reason: not a video, cut off, only sound, no frame, unknown codec."""
        self._container = _open(source)
        self._broken = 0
        self.read_s = 0.0
        try:
            self._stream = _video_stream(self._container)
            self._stream.thread_type = "AUTO"
            self._start = float((self._stream.start_time or 0) * (self._stream.time_base or 0))
            first = next(self._decode(), None)
            if first is None:
                raise MediaError("It holds no frame that can be decoded.")
            self.info = _info(self._container, self._stream, first[1])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Video:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._container.close()

    @property
    def damage(self) -> str | None:
        """What of the file could not be read, in one sentence; None where all could. Known after `frames()`."""
        claimed = self.info.duration_s
        if claimed is not None and self.read_s < claimed - max(_TAIL_S, 0.02 * claimed):
            return (
                f"Only the first {self.read_s:.1f} of {claimed:.1f} s could be read; the rest is cut off or damaged: "
                "copy the file again from where it came."
            )
        if self._broken:
            return "Parts of it are damaged and were skipped: copy the file again from where it came."
        return None

    def frames(self, sampling: Sampling = Sampling(), *, start_s: float = 0.0, min_side: int | None = None) -> Iterator[Frame]:  # noqa: B008
        """The sampled frames from `start_s` on, in order. Frames in between are decoded, never converted.

        Time is cut into cells of 1 / fps seconds; each is represented by the first frame past its middle. A cell in
        which no frame begins belongs to the frame that is still on the screen.
        min_side: see `open_image`. Damage ends the frames early, see `damage`; it raises nothing.
        """
        waiting: tuple[float, float, Any] | None = None
        for start, time_s, frame in self._sampled(sampling, start_s):
            if waiting is not None:
                yield self._frame(waiting, start, min_side)
            waiting = (start, time_s, frame)
        if waiting is not None:
            yield self._frame(waiting, max(self.read_s, waiting[1]), min_side)

    def frame_at(self, time_s: float, *, min_side: int | None = None) -> Image.Image:
        """The picture on the screen at a time, see the function of this name."""
        shown = None
        self._seek(time_s)
        for at, frame in self._decode():
            if shown is not None and at > time_s:
                break
            shown = frame
        if shown is None:  # past the end: nothing follows the last keyframe there
            self._seek(0.0)
            for _, shown in self._decode():
                pass
        if shown is None:
            raise MediaError("It holds no frame that can be decoded.")
        return _picture(shown, self.info.rotation, min_side)

    # inside

    def _sampled(self, sampling: Sampling, start_s: float) -> Iterator[tuple[float, float, Any]]:
        """(start of what it stands for, time, frame) of each sampled frame."""
        if sampling.by == "scenes":
            raise NotImplementedError
        self._seek(start_s)
        if sampling.by == "keyframes":
            self._stream.codec_context.skip_frame = "NONKEY"
        step, done, held = 1.0 / sampling.fps, math.ceil(start_s * sampling.fps - 1e-6) - 1, None
        for at, frame in self._decode():
            cell = int(at / step + 1e-6)
            if held is not None and cell > held[0]:  # its cell ended before a frame past the middle came
                done = held[0]
                yield held[0] * step, held[1], held[2]
                held = None
            if cell <= done:
                continue
            if sampling.by == "keyframes" or at >= (cell + 0.5) * step - 1e-6:
                done, held = cell, None
                yield (at if sampling.by == "keyframes" else cell * step), at, frame
            else:
                held = (cell, at, frame)
        if held is not None:
            yield held[0] * step, held[1], held[2]

    def _frame(self, sampled: tuple[float, float, Any], end_s: float, min_side: int | None) -> Frame:
        start_s, time_s, frame = sampled
        return Frame(start_s, max(end_s, start_s), time_s, _picture(frame, self.info.rotation, min_side))

    def _seek(self, time_s: float) -> None:
        """To the last keyframe at or before a time; a file that cannot be sought is read from its beginning."""
        target = int((max(0.0, time_s) + self._start) / float(self._stream.time_base or 1))
        with contextlib.suppress(av.FFmpegError):
            self._container.seek(target, stream=self._stream, backward=True)

    def _decode(self) -> Iterator[tuple[float, Any]]:
        """(seconds from the beginning, frame), never going back in time; broken packets are passed over."""
        last = 0.0
        span = 1.0 / float(self._stream.average_rate or 25)
        for packet in self._packets():
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                self._broken += 1
                continue
            for frame in frames:
                at = last + span if frame.time is None else float(frame.time) - self._start
                last = max(last, at)
                length = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else span
                self.read_s = max(self.read_s, last + length)
                yield last, frame

    def _packets(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                yield next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, ValueError):
                self._broken += 1
                return


def _open(source: Path | str | bytes) -> Any:
    try:
        if isinstance(source, bytes):
            return av.open(io.BytesIO(source), options={"format_whitelist": _FORMATS})
        path = absolute(source)
        if path.stat().st_size == 0:
            raise MediaError("The file is empty (0 bytes).")
        return av.open(f"file:{path}", options=_OPTIONS)
    except MediaError:
        raise
    except FileNotFoundError:
        raise MediaError("The file is not there any more.") from None
    except PermissionError:
        raise MediaError("No permission to read the file: change its permissions and index again.") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(_unopened(source, error)) from None


def _unopened(source: Path | str | bytes, error: Exception) -> str:
    if isinstance(source, bytes):
        head = source[:12]
    else:
        with contextlib.suppress(OSError), absolute(source).open("rb") as file:
            head = file.read(12)
    if head[4:8] == b"ftyp":
        return "The video is cut off (its index is missing): copy the file again from where it came."
    return "Not a video, whatever its name says, or its beginning is damaged."


def _video_stream(container: Any) -> Any:
    for stream in container.streams.video:
        if "attached_pic" in stream.disposition.name.lower() if stream.disposition.name else False:
            continue  # the cover of a song
        if stream.codec_context is None:
            raise MediaError("Its pictures are coded in a way that cannot be decoded here: convert it to H.264.")
        return stream
    raise MediaError("It holds sound only, no pictures." if container.streams.audio else "There is no video in it.")


def _info(container: Any, stream: Any, first: Any) -> VideoInfo:
    if first.width * first.height > MAX_FRAME_PIXELS:
        raise MediaError(f"Frames of {first.width:,} x {first.height:,} pixels are over the limit: export a smaller copy.")
    rotation = round(-first.rotation / 90) * 90 % 360
    width, height = _display_size(first)
    if rotation in (90, 270):
        width, height = height, width
    duration = container.duration / av.time_base if container.duration and container.duration > 0 else None
    rate = float(stream.average_rate) if stream.average_rate else None
    return VideoInfo(duration, rate, width, height, rotation, stream.codec_context.name, _taken_at(container, stream))


def _display_size(frame: Any) -> tuple[int, int]:
    return frame.width, frame.height


def _taken_at(container: Any, stream: Any) -> datetime | None:
    for key in ("com.apple.quicktime.creationdate", "creation_time"):
        for about in (container.metadata, stream.metadata):
            with contextlib.suppress(ValueError, TypeError, OverflowError, OSError):
                when = datetime.fromisoformat(about.get(key))
                if when.year > 1970:  # some cameras write the beginning of their calendar
                    return when.astimezone().replace(tzinfo=None, microsecond=0) if when.tzinfo else when
    return None


def _picture(frame: Any, rotation: int, min_side: int | None) -> Image.Image:
    """Shrunk by a whole factor while it is converted, then turned upright."""
    factor = max(1, min(frame.width, frame.height) // min_side) if min_side else 1
    small = frame.reformat(frame.width // factor, frame.height // factor, format="rgb24", interpolation="AREA")
    image = small.to_image()
    return image.rotate(-rotation, expand=True) if rotation else image
