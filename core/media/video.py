"""Video files: their facts, and their frames with the time that each stands for. Memory stays flat.

FFmpeg (PyAV) decodes: it gives the exact time of each frame, also at variable frame rates, and the reason of a failure.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from PIL import Image

from core.errors import MediaError
from core.media.sampling import CellsBetween, EvenCells, Sampled, Sampling, first_in_each, measure_time_on_screen
from core.media.video_files.container import get_duration_s
from core.media.video_files.decoder import Decoder
from core.media.video_files.local_time import find_taken_at
from core.media.video_files.orientation import get_display

_EPS_S = 1e-6
_NEAR_S = 5.0  # decoding on is cheaper than seeking to what follows so closely


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """Facts of a video file.

    Attributes
    ----------
    duration_s : float, optional
        Seconds; None if the container has no duration.
    fps : float, optional
        Mean frame rate.
    width, height : int
        Pixels as displayed, after `rotation`.
    rotation : int
        Degrees clockwise.
    codec : str
        FFmpeg's name.
    taken_at : datetime, optional
        By the camera's clock, see `core.media.video_files.local_time`.
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
    """Facts of a video, from its header and first frame.

    Parameters
    ----------
    source : path or bytes
        A file, or its content.

    Returns
    -------
    VideoInfo

    Raises
    ------
    MediaError
        With the reason in one sentence.
    """
    with Video(source) as video:
        return video.info


def frame_at(source: Path | str | bytes, time_s: float, *, min_side: int | None = None) -> Image.Image:
    """The picture on the screen at a time: before the first frame the first, after the end the last.

    min_side: see `open_image`. Raises MediaError.
    """
    with Video(source) as video:
        return video.frame_at(time_s, min_side=min_side)


class Video:
    """An open video file: `info`, `display`, `frames()`, `frame_at()`. To be closed, or used in `with`.

    After `frames()` has ended, `read_s` says how far the file could be read, `length_s` how long it is and `damage`
    what was wrong with it.
    """

    def __init__(self, source: Path | str | bytes) -> None:
        """Raises MediaError with the reason: not a video, cut off, only sound, no frame, unknown codec."""
        self._source = source
        self._decoder = Decoder(source)
        try:
            self.display = get_display(self._decoder.stream, self._decoder.first)
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
        self._decoder.close()

    @cached_property
    def info(self) -> VideoInfo:
        """Facts of the file."""
        container, stream, first = self._decoder.container, self._decoder.stream, self._decoder.first
        width, height = self.display.size(first.width, first.height)
        return VideoInfo(
            duration_s=get_duration_s(container, self._decoder.origin_s),
            fps=float(stream.average_rate) if stream.average_rate else None,
            width=width,
            height=height,
            rotation=self.display.rotation,
            codec=stream.codec_context.name,
            taken_at=find_taken_at(_lower_keys(stream.metadata) | _lower_keys(container.metadata), self._source),
        )

    @property
    def coding(self) -> Any:
        """The `av.VideoCodecContext`."""
        return self._decoder.stream.codec_context

    @property
    def origin_s(self) -> float:
        """The time on the container's clock at which the video begins, in seconds."""
        return self._decoder.origin_s

    @property
    def leaps(self) -> bool:
        """Whether the clock of the file starts anew on the way, see `Decoder.jumps`."""
        return self._decoder.jumps

    @property
    def read_s(self) -> float:
        """How far it was read, in seconds."""
        return self._decoder.read_s

    @property
    def length_s(self) -> float:
        """Duration in seconds, as far as it can be read. Known after `frames()`."""
        return self._decoder.length_s

    @property
    def damage(self) -> str | None:
        """Which part could not be read, in one sentence; None if all could. Known after `frames()`."""
        return self._decoder.damage

    def frames(
        self,
        sampling: Sampling = Sampling(),  # noqa: B008
        *,
        start_s: float = 0.0,
        min_side: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[Frame]:
        """The sampled frames, in order. Other frames are never converted.

        Time is divided into cells of 1 / fps seconds, or into scenes. The frame on the screen at a cell's middle stands
        for the cell, and for the next cells as long as it stays there. Keyframes stand for the time to the next one.

        Parameters
        ----------
        sampling : Sampling
        start_s : float
            Seconds; frames that begin before are left out.
        min_side : int, optional
            Pixels, see `open_image`.
        cancel : threading.Event, optional
            Ends the frames early. Damage does too, see `damage`; neither raises.

        Yields
        ------
        Frame
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

    def pictures_at(
        self, times_s: Sequence[float], *, min_side: int | None = None, cancel: threading.Event | None = None
    ) -> list[Image.Image]:
        """The pictures on the screen at some times, in the order of `times_s`; decodes little in between.

        cancel: ends decoding early; times that were not reached get the last picture.
        """
        times = [max(0.0, time_s) for time_s in times_s]
        end_s = self._decoder.claimed_s or math.inf  # may be wrong: later pictures are sought from there on
        found: dict[float, Image.Image] = {}
        frames: Iterator[tuple[float, Any]] = iter(())
        here: tuple[float, Any] | None = None
        ahead: tuple[float, Any] | None = None
        for time_s in sorted(set(times)):
            begin_s = min(time_s, end_s)
            if here is None or (begin_s > here[0] + _NEAR_S and (ahead is None or ahead[0] <= time_s)):
                frames = self.shown(begin_s, cancel=cancel)
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
        """(since when it is on the screen in seconds, `av.VideoFrame`) from the frame at `start_s` or an earlier one.

        For those who need decoded frames rather than pictures, see `Decoder.shown`.
        """
        return self._decoder.shown(start_s, keyframes=keyframes, cancel=cancel)

    # inside

    def _sampled(self, sampling: Sampling, start_s: float, cancel: threading.Event | None) -> Sampled:
        even = EvenCells(1.0 / sampling.fps)
        if not self._decoder.seeks_exactly:
            start_s = 0.0
        if sampling.by == "keyframes":
            before = max(0, int(start_s / even.step_s) - 1) * even.step_s
            return first_in_each(even, self.shown(before, keyframes=True, cancel=cancel))
        cells = CellsBetween(self._edges(cancel)) if sampling.by == "scenes" else even
        shown = self.shown(start_s, cancel=cancel)
        return measure_time_on_screen(cells, shown, lambda: self.read_s, is_whole=start_s == 0)

    def _edges(self, cancel: threading.Event | None) -> list[float]:
        from core.media.video_files.scenes import find_scene_edges  # loads OpenCV

        return find_scene_edges(self.shown(cancel=cancel))

    def _frame(self, sampled: tuple[float, float, Any], end_s: float, min_side: int | None) -> Frame:
        start_s, time_s, frame = sampled
        return Frame(start_s, max(end_s, start_s), time_s, self.display.picture(frame, min_side))


def _lower_keys(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in metadata.items()}
