"""Encodes a clip of a video: pictures as displayed, sound exact to the sample, both from the same second."""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from core.deprecated import task_keywords
from core.errors import MediaError
from core.media.video import Video
from core.media.video_files.container import open_container, read_packets
from core.media.video_files.timestamps import Clock
from core.progress import SILENT, Task

_SHORTEST_S = 0.04
_TICKS = 90_000  # per second, the usual clock of video
_RATE = 48_000  # samples per second
_DRIFT = _RATE // 20  # of samples: a longer gap in the sound stays a gap
_UNSAID = 2  # AVCOL_SPC_UNSPECIFIED, as of pictures in RGB
_LIMITED = 1  # AVCOL_RANGE_MPEG: luma from 16 to 235, as all players expect
_X264 = {"preset": "veryfast", "crf": "23", "bf": "0"}  # without B-frames the first picture is at 0 for every player


@task_keywords
def write_cut(source: str, target: str, start_s: float, end_s: float, max_side: int, *, task: Task = SILENT) -> None:
    """Writes a part of a video as MP4, see `core.previews.clips.cut_clip`.

    Parameters
    ----------
    source, target : str
        Paths.
    start_s, end_s : float
        Seconds.
    max_side : int
        Pixels; larger pictures are shrunk.
    task : Task, optional
        Its progress is in seconds of video that are written.

    Raises
    ------
    MediaError
        The video cannot be read, the clip cannot be written, or `task` is cancelled.
    """
    stage = task.stage("cut", "seconds")
    start_s = max(0.0, start_s)
    end_s = max(end_s, start_s + _SHORTEST_S)

    def tell(done_s: float) -> None:
        if task.is_cancelled:
            raise MediaError("Cutting was cancelled.")
        stage.report(round(done_s), round(end_s - start_s))

    with Video(source) as video, open_container(source) as heard:
        try:
            write_clip(video, heard, Path(target), start_s=start_s, end_s=end_s, max_side=max_side, report=tell)
        except (av.FFmpegError, OSError) as error:
            raise MediaError(f"The clip could not be written ({error.strerror or error}).") from error


def write_clip(
    video: Video,
    heard: Any,
    target: Path,
    *,
    start_s: float,
    end_s: float,
    max_side: int,
    report: Callable[[float], None],
) -> None:
    """Writes the seconds start_s..end_s as MP4. heard: the same file, opened again for its sound.

    report: called with the seconds done; what it raises ends the writing. Raises MediaError, `av.FFmpegError`, OSError.
    """
    with av.open(str(target), "w", container_options={"movflags": "faststart"}) as output:
        pictures = _Pictures(video, output, max_side)
        packets = [pictures.packets(start_s, end_s, report)]
        sound = heard.streams.best("audio")
        if sound is not None and sound.codec_context is not None:
            stream = output.add_stream("aac", rate=_RATE, layout="stereo")
            samples = _samples(heard, sound, start_s + video.origin_s, leaps=video.leaps)
            packets.append(_sound_packets(samples, stream, round((end_s - start_s) * _RATE)))
        for packet in heapq.merge(*packets, key=lambda packet: packet.dts * packet.time_base):
            output.mux(packet)


class _Pictures:
    """Encodes the pictures of a video into the stream of a clip."""

    def __init__(self, video: Video, output: Any, max_side: int) -> None:
        self._video = video
        rate = Fraction(min(max(video.info.fps or 25.0, 1.0), 60.0)).limit_denominator(1001)
        self._stream = output.add_stream("libx264", rate=rate, options=_X264)
        self._stream.width, self._stream.height = _even_size(video.info.width, video.info.height, max_side)
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream.codec_context.flags |= av.codec.context.Flags.frame_duration  # the last picture's counts
        for tag in ("colorspace", "color_primaries", "color_trc"):  # without it players guess, and colors shift
            setattr(self._stream.codec_context, tag, getattr(video.coding, tag) or _UNSAID)
        self._stream.codec_context.color_range = _LIMITED
        self._shrinker = VideoReformatter()  # one for all: setting it up costs more than its work
        self._turn: Any = None

    def packets(self, start_s: float, end_s: float, report: Callable[[float], None]) -> Iterator[Any]:
        """Each picture from when it comes onto the screen within these seconds until the next one does; before the
        first picture the first."""
        waiting: tuple[float, Any] | None = None
        first_s: float | None = None
        for at, frame in self._video.shown(start_s):
            if waiting is None:
                at = min(at, start_s)
            if waiting is not None and at > start_s:
                yield from self._encoded(waiting[1], waiting[0] - start_s, min(at, end_s) - start_s)
            first_s = at if first_s is None else first_s
            if at >= end_s:
                waiting = None
                break
            report(max(0.0, at - start_s))
            waiting = max(at, start_s), frame
        if waiting is not None and waiting[0] < (last_s := min(self._video.read_s, end_s)):
            yield from self._encoded(waiting[1], waiting[0] - start_s, last_s - start_s)
        if self._stream.codec_context.is_open is False:
            if first_s is not None and first_s >= end_s:
                raise MediaError(f"The video shows nothing before {first_s:.1f} s.")
            raise MediaError(f"The video ends before {start_s:.1f} s.")
        yield from self._stream.encode(None)

    def _encoded(self, frame: Any, from_s: float, to_s: float) -> list[Any]:
        start, end = round(from_s * _TICKS), round(to_s * _TICKS)
        if start >= end:  # after a splice several begin at once, which no file can hold
            return []
        ready = self._displayed(frame)
        ready.time_base = Fraction(1, _TICKS)
        ready.pts, ready.duration = start, end - start
        ready.pict_type = 0  # the encoder decides anew which are keyframes
        return list(self._stream.encode(ready))

    def _displayed(self, frame: Any) -> Any:
        """As it is meant to be seen, see `Display.picture`, and yuv420p; shrunk before it is turned."""
        display, size = self._video.display, (self._stream.width, self._stream.height)
        if any(component.is_alpha for component in frame.format.components):
            picture = av.VideoFrame.from_image(display.picture(frame, None))
            return picture.reformat(*size, "yuv420p", interpolation="AREA")
        coded = size[::-1] if display.rotation in (90, 270) else size
        small = self._shrinker.reformat(
            frame, *coded, "yuv420p", None, None, "AREA", src_color_range=frame.color_range, dst_color_range=_LIMITED
        )
        if display.turn is None:
            return small
        self._turn = self._turn or _add_rotation(display.filters, *coded)
        self._turn.vpush(small)
        return self._turn.vpull()


def _sound_packets(blocks: Iterator[tuple[int, Any]], stream: Any, target: int) -> Iterator[Any]:
    """Exactly `target` samples, without a gap. blocks: (place of the first on the clip's clock, float32 (2, n))."""
    done = 0
    for place, samples in blocks:
        gap = place - done
        if done and abs(gap) <= _DRIFT:
            gap = 0
        samples = np.pad(samples[:, max(0, -gap) :], ((0, 0), (min(max(0, gap), target), 0)))[:, : target - done]
        if samples.shape[1]:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = _RATE, done, Fraction(1, _RATE)
            yield from stream.encode(frame)
            done += samples.shape[1]
        if done >= target or place >= target:
            break
    yield from stream.encode(None)


def _samples(heard: Any, sound: Any, begin_s: float, *, leaps: bool) -> Iterator[tuple[int, Any]]:
    """(place on the clip's clock, samples) from a little before the clip; samples that cannot be decoded are left out.

    begin_s: the beginning of the clip on the container's clock. leaps: whether that starts anew on the way; then all is
    read, from the beginning.
    """
    clock = Clock(origin_s=0.0, span_s=1024 / _RATE, container=heard.format.name)
    if not leaps:
        with contextlib.suppress(av.FFmpegError):
            heard.seek(int(max(0.0, begin_s - 0.5) / sound.time_base), stream=sound)
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_RATE)
    packets = read_packets(heard, sound)
    with contextlib.suppress(StopIteration, av.FFmpegError):
        while True:
            packet = next(packets)
            with contextlib.suppress(av.FFmpegError, ValueError):
                for frame in packet.decode():
                    if leaps:
                        frame.pts = round(clock.time_of(frame) / frame.time_base)
                    for ready in resampler.resample(frame):
                        yield round(((ready.time or 0.0) - begin_s) * _RATE), ready.to_ndarray()


def _add_rotation(filters: str, width: int, height: int) -> Any:
    """A graph of filters for frames of yuv420p in that size."""
    graph = av.filter.Graph()
    pixels = av.VideoFormat("yuv420p", width, height)
    nodes = [graph.add_buffer(width=width, height=height, format=pixels, time_base=Fraction(1, _TICKS))]
    nodes += [
        graph.add(name, arguments or None) for name, _, arguments in (f.partition("=") for f in filters.split(","))
    ]
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    return graph


def _even_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Within `max_side` and even, as 4:2:0 wants it."""
    scale = min(1.0, max_side / max(width, height))
    return tuple(max(2, round(side * scale / 2) * 2) for side in (width, height))  # type: ignore[return-value]
