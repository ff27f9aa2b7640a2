"""Video files: what they are, and their frames with the seconds that each stands for. Memory stays flat.

Frames are decoded by FFmpeg (PyAV), because it tells the time of each frame exactly, where frame rates vary as well,
and says why it failed.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any

import av
from PIL import Image

from core.errors import MediaError
from core.media.cells import CellsBetween, EvenCells, Sampled, first_in_each, on_screen
from core.media.clock import Clock
from core.media.container import AGAIN, claimed_s, open_container, origin_s, taken_at, video_stream
from core.media.display import display_of
from core.media.sampling import Sampling

_TAIL_S = 1.0  # what a container says of its length is often off by this much
_EPS_S = 1e-6
_HOPELESS = 300  # so many broken packets before the first frame, and there will be none
_EXACT = ("mov", "matroska")  # others may count their time anew after a splice, which seeking does not see
_NEAR_S = 5.0  # decoding on is cheaper than seeking to what follows so closely


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
    """An open video file: `info`, `display`, `frames()`, `frame_at()`. To be closed, or used in `with`.

    After `frames()` has ended, `read_s` says how far the file could be read and `damage` what was wrong with it.
    """

    def __init__(self, source: Path | str | bytes) -> None:
        """Raises MediaError with the reason: not a video, cut off, only sound, no frame, unknown codec."""
        self._source = source
        self._container: Any = None
        self._stream: Any = None
        self._lost_s, self._broken = 0.0, 0
        self.read_s = 0.0
        self._open()
        try:
            first = next(self._decode(), None)
            if first is None:
                raise MediaError("It holds no frame that can be decoded.")
            self._timed = first[1].time is not None
            self.display = display_of(self._stream, first[1])
            self.info = self._told(first[1])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._container.close()

    @property
    def damage(self) -> str | None:
        """What of the file could not be read, in one sentence; None where all could. Known after `frames()`."""
        claimed = self._claimed_s
        if claimed is not None and self.read_s < claimed - max(_TAIL_S, 0.02 * claimed):
            what = f"Only the first {self.read_s:.1f} of {claimed:.1f} s could be read; the rest is cut off or damaged"
        elif self._broken:
            what = f"About {max(self._lost_s, 0.1):.1f} s of it are damaged and were skipped"
        else:
            return None
        return f"{what}: {AGAIN}."

    def frames(
        self,
        sampling: Sampling = Sampling(),  # noqa: B008
        *,
        start_s: float = 0.0,
        min_side: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[Frame]:
        """The sampled frames from `start_s` on, in order: of all frames, the tail. Others are never converted.

        Time is cut into cells of 1 / fps seconds (or into scenes); the frame on the screen at a cell's middle stands
        for it, and for the cells after it as long as it stays there. Keyframes stand for the time to the next one.
        min_side: see `open_image`. Damage ends the frames early, see `damage`; it raises nothing. So does `cancel`.
        """
        slack_s = 0.02 / sampling.fps  # tables keep seconds in single precision
        waiting: tuple[float, float, Any] | None = None
        for start, time_s, frame in self._sampled(sampling, start_s, cancel):
            if start < start_s - slack_s:
                continue
            if waiting is not None:
                yield self._frame(waiting, start, min_side)
            waiting = (start, time_s, frame)
        if waiting is not None and not (cancel and cancel.is_set()):
            yield self._frame(waiting, max(self.read_s, waiting[1]), min_side)

    def frame_at(self, time_s: float, *, min_side: int | None = None) -> Image.Image:
        """The picture on the screen at a time, see the function of this name."""
        return self.pictures_at([time_s], min_side=min_side)[0]

    def pictures_at(self, times_s: Sequence[float], *, min_side: int | None = None) -> list[Image.Image]:
        """The pictures on the screen at some times, as by `frame_at`, in their order; decodes little in between."""
        times = [min(max(0.0, time_s), self._claimed_s or math.inf) for time_s in times_s]
        found: dict[float, Image.Image] = {}
        frames: Iterator[tuple[float, Any]] = iter(())
        here: tuple[float, Any] | None = None
        ahead: tuple[float, Any] | None = None
        for time_s in sorted(set(times)):
            if here is None or (time_s > here[0] + _NEAR_S and (ahead is None or ahead[0] <= time_s)):
                frames = self.shown(time_s)
                here, ahead = next(frames, None), None
            while (ahead := ahead or next(frames, None)) and ahead[0] <= time_s + _EPS_S:
                here, ahead = ahead, None
            if here is None:
                raise MediaError("It holds no frame that can be decoded.")
            found[time_s] = self.display.picture(here[1], min_side)
        return [found[time_s] for time_s in times]

    def shown(
        self, start_s: float = 0.0, *, keyframes: bool = False, cancel: threading.Event | None = None
    ) -> Iterator[tuple[float, Any]]:
        """(since when it is on the screen in seconds, `av.VideoFrame`) from the frame at `start_s`, or an earlier one.

        keyframes: only those that stand alone in the stream.
        """
        for back_s in (0.0, 10.0, 100.0):
            if not self._timed or start_s - back_s <= 0 or not self._seek(start_s - back_s):
                break
            decoded = self._decode(keyframes, cancel)
            first = next(decoded, None)
            if first is not None and first[0] <= start_s + _EPS_S:
                return chain([first], decoded)
        self._open()
        return self._decode(keyframes, cancel)

    # inside

    def _open(self) -> None:
        """At the beginning, whether the file can be sought or not."""
        if self._container is not None:
            self._container.close()
        self._container = open_container(self._source)
        self._stream = video_stream(self._container)
        self._stream.thread_type = "AUTO"
        self._origin_s = origin_s(self._container, self._stream)
        self._claimed_s = claimed_s(self._container, self._stream)

    def _seek(self, time_s: float) -> bool:
        """To the last keyframe at or before a time, by the container's word; whether that could be done."""
        try:
            self._container.seek(int((time_s + self._origin_s) / float(self._stream.time_base)), stream=self._stream)
        except (av.FFmpegError, OverflowError, ZeroDivisionError):
            return False
        return True

    def _sampled(self, sampling: Sampling, start_s: float, cancel: threading.Event | None) -> Sampled:
        even = EvenCells(1.0 / sampling.fps)
        if not self._container.format.name.startswith(_EXACT):
            start_s = 0.0
        if sampling.by == "keyframes":
            before = max(0, int(start_s / even.step_s) - 1) * even.step_s
            return first_in_each(even, self.shown(before, keyframes=True, cancel=cancel))
        cells = CellsBetween(self._edges(cancel)) if sampling.by == "scenes" else even
        return on_screen(cells, self.shown(start_s, cancel=cancel), lambda: self.read_s)

    def _edges(self, cancel: threading.Event | None) -> list[float]:
        from core.media.scenes import scene_edges  # loads OpenCV

        return scene_edges(self.shown(cancel=cancel))

    def _frame(self, sampled: tuple[float, float, Any], end_s: float, min_side: int | None) -> Frame:
        start_s, time_s, frame = sampled
        return Frame(start_s, max(end_s, start_s), time_s, self.display.picture(frame, min_side))

    def _decode(self, keyframes: bool = False, cancel: threading.Event | None = None) -> Iterator[tuple[float, Any]]:
        """(time, frame) from where the container is; broken packets are passed over."""
        self._stream.codec_context.skip_frame = "NONKEY" if keyframes else "DEFAULT"
        span_s = 1.0 / float(self._stream.average_rate or 25)
        clock = Clock(origin_s=self._origin_s, span_s=span_s, container=self._container.format.name)
        got = False
        for packet in self._packets():
            if (cancel and cancel.is_set()) or (not got and self._broken > _HOPELESS):
                return
            for frame in self._decoded(packet):
                if keyframes and not frame.key_frame:
                    continue
                got, at = True, clock.time_of(frame)
                self.read_s = max(self.read_s, at + clock.length_of(frame))
                yield at, frame
            if keyframes and packet.pts is not None:  # what was passed over has been read too
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base) - self._origin_s
                self.read_s = max(self.read_s, end)

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

    def _decoded(self, packet: Any) -> list[Any]:
        try:
            return list(packet.decode())
        except EOFError:  # asked again after the end
            return []
        except (av.FFmpegError, ValueError):
            self._broken += 1
            self._lost_s += float((packet.duration or 0) * (packet.time_base or 0))
            return []

    def _told(self, first: Any) -> VideoInfo:
        duration = self._container.duration
        width, height = self.display.size(first.width, first.height)
        return VideoInfo(
            duration_s=duration / av.time_base if duration and duration > 0 else None,
            fps=float(self._stream.average_rate) if self._stream.average_rate else None,
            width=width,
            height=height,
            rotation=self.display.rotation,
            codec=self._stream.codec_context.name,
            taken_at=taken_at(self._container, self._stream),
        )
