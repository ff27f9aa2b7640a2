"""Makers of small videos: runs of colours that the tests' encoder knows, in many containers and states."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from fakes import COLORS
from PIL import Image, ImageDraw

Shot = str | tuple[int, int, int] | Image.Image

_TICKS = 90_000  # per second: the time base of written frames


def _rendered_once(render: Callable[..., Path]) -> Callable[..., Path]:
    """Many tests want the same small video: each worker renders it once, and copies it from then on."""
    known: dict[str, bytes] = {}

    @functools.wraps(render)
    def write(path: Path, *shots: Any, **options: Any) -> Path:
        asked = repr(
            (path.suffix, _spelled_out(shots), {name: _spelled_out(options[name]) for name in sorted(options)})
        )
        if asked not in known:
            known[asked] = render(path, *shots, **options).read_bytes()
        path.write_bytes(known[asked])
        return path

    return write


def _spelled_out(value: Any) -> Any:
    """A value whose repr tells it from all others."""
    if isinstance(value, Image.Image):
        return value.mode, value.size, hash(value.tobytes())
    return [_spelled_out(each) for each in value] if isinstance(value, (list, tuple, np.ndarray)) else value


@_rendered_once
def write_video(
    path: Path,
    shots: Sequence[Shot | tuple[Shot, float]] = ("red", "blue", "green"),
    *,
    fps: float = 10,
    seconds_each: float = 2.0,
    size: tuple[int, int] = (320, 180),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    mirrored: bool = False,
    aspect: Fraction | None = None,
    gop: int | None = None,
    b_frames: int | None = None,
    audio: bool = False,
    times: Sequence[float] | None = None,
    options: Mapping[str, str] | None = None,
    container: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """A video of shots in a row; the name's ending says the container. Returns the path.

    shots: names of fakes.COLOURS, RGB triples or pictures (scaled to `size`), each shown `seconds_each` seconds, or
    (shot, its seconds). rotation: degrees clockwise by which players turn it; mirrored: after that.
    aspect: of one pixel, width to height.
    gop: frames from keyframe to keyframe. times: the seconds of each frame, over the shots as above (their number then
    replaces that by `fps`). options, container: of the codec and of the file format, as FFmpeg names them.
    """
    plan = [_timed(shot, seconds_each) for shot in shots]
    with av.open(str(path), "w", container_options=dict(container or {})) as output:
        output.metadata.update(metadata or {})
        stream = _video_stream(output, codec, fps, size, pix_fmt, options, gop, b_frames)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation or mirrored:
            stream.set_display_rotation(-rotation, hflip=mirrored)
        sound = output.add_stream("aac" if path.suffix != ".webm" else "libopus", rate=48_000) if audio else None
        tick = Fraction(1, _TICKS) if times is not None else 1 / Fraction(stream.codec_context.framerate)
        stream.codec_context.time_base = tick
        stream.codec_context.flags |= av.codec.context.Flags.frame_duration
        frames: dict[int, Any] = {}
        for time_s, lasts_s, shot in _timed_shots(plan, fps, times):
            if id(shot) not in frames:
                frames = {id(shot): av.VideoFrame.from_image(as_image(shot, size)).reformat(format=pix_fmt)}
            frame = frames[id(shot)]
            frame.time_base, frame.pts, frame.duration = tick, round(time_s / tick), round(lasts_s / tick)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if sound is not None:
            _write_tone(output, sound, sum(seconds for _, seconds in plan))
    return path


def write_gif(path: Path, shots: Sequence[Shot] = ("red", "blue", "green"), *, seconds_each: float = 1.0) -> Path:
    """An animated GIF, one frame a shot."""
    pictures = [as_image(shot, (80, 60)) for shot in shots]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=round(seconds_each * 1000), loop=0)
    return path


def drop_control_blocks(path: Path, *, kept: int = 0) -> Path:
    """Takes from a GIF the blocks that say how long its pictures are shown, but for the first `kept`: a second each."""
    before, *rest = re.split(rb"\x21\xf9\x04.{4}\0(?=,)", path.read_bytes(), flags=re.DOTALL)
    control = b"\x21\xf9\x04\x00\x64\x00\x00\x00"
    before = re.sub(rb"\x21\xff\x0bNETSCAPE2.0\x03\x01..\0", b"", before, flags=re.DOTALL)
    path.write_bytes(b"".join([before, *(control * (number < kept) + part for number, part in enumerate(rest))]))
    return path


def audio_only(path: Path, *, seconds: float = 2.0) -> Path:
    """A tone and no pictures."""
    with av.open(str(path), "w") as output:
        _write_tone(output, output.add_stream("aac", rate=48_000), seconds)
    return path


def truncate(path: Path, share: float) -> Path:
    """Cuts a file off after a share of its bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def as_image(shot: Shot, size: tuple[int, int]) -> Image.Image:
    """The picture of a shot."""
    if isinstance(shot, Image.Image):
        return shot.convert("RGB").resize(size)
    return Image.new("RGB", size, COLORS[shot] if isinstance(shot, str) else shot)


def colour_of(image: Image.Image) -> str:
    """The name of the colour of fakes.COLOURS that a picture's mean is nearest to."""
    mean = np.asarray(image.convert("RGB"), float).mean(axis=(0, 1))
    return min(COLORS, key=lambda name: float(np.abs(mean - COLORS[name]).sum()))


def _timed(shot: Any, seconds: float) -> tuple[Shot, float]:
    return (shot[0], shot[1]) if isinstance(shot, tuple) and len(shot) == 2 else (shot, seconds)


def _timed_shots(plan: Sequence[Any], fps: float, times: Sequence[float] | None) -> Iterator[tuple[float, float, Shot]]:
    """(time, how long it is shown, shot) of each frame."""
    ends = np.cumsum([seconds for _, seconds in plan])
    frames = list(times) if times is not None else [n / fps for n in range(max(1, round(float(ends[-1]) * fps)))]
    for time_s, next_s in zip(frames, [*frames[1:], frames[-1] + 1 / fps], strict=True):
        shot = min(int(np.searchsorted(ends, time_s + 1e-6, side="right")), len(plan) - 1)
        yield time_s, next_s - time_s, plan[shot][0]


def _video_stream(
    output: Any,
    codec: str,
    fps: float,
    size: tuple[int, int],
    pix_fmt: str,
    options: Mapping[str, str] | None,
    gop: int | None,
    b_frames: int | None,
) -> Any:
    quiet = {"libx265": {"x265-params": "log-level=error"}, "libx264": {"preset": "veryfast"}}
    stream = output.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=quiet.get(codec, {}))
    stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
    stream.codec_context.options = {**quiet.get(codec, {}), **(options or {})}
    if gop is not None:
        stream.codec_context.gop_size = gop
    if b_frames is not None:
        stream.codec_context.max_b_frames = b_frames
    return stream


def _write_tone(output: Any, stream: Any, seconds: float) -> None:
    rate = 48_000
    for start in range(0, int(seconds * rate), 1024):
        wave = np.sin(2 * np.pi * 440 * np.arange(start, start + 1024) / rate).astype(np.float32) * 0.2
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def scene(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """A picture of its own: soft colors, and shapes with edges."""
    rng = np.random.default_rng(seed)
    soft = Image.fromarray(rng.integers(0, 256, (4, 4, 3)).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(soft)
    for _ in range(40):
        x, y = int(rng.integers(size[0])), int(rng.integers(size[1]))
        box = (x, y, x + int(rng.integers(10, 60)), y + int(rng.integers(10, 60)))
        color = tuple(int(value) for value in rng.integers(0, 256, 3))
        (pen.ellipse if rng.random() < 0.5 else pen.rectangle)(box, fill=color)
    return soft
