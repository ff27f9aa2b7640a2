"""Reels: short videos rendered from photos, so that the time of each photo is known.

Those of the sample photos are the videos of the sample library. They, or reels of other photos, are the ground truth of
`python -m core eval moments`. Each shot shows one photo with a pan, a zoom or a still; shots are joined by cuts and
cross-fades.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.errors import LibraryError
from core.library.samples.sources import sample_sources
from core.media.images import open_image
from core.progress import SILENT, Task

Motion = Literal["still", "zoom in", "zoom out", "pan left", "pan right"]
Picture = NDArray[np.uint8]  # (height, width, 3), RGB

# name -> width, height, frames per second, photos in order
_REELS: dict[str, tuple[int, int, int, tuple[str, ...]]] = {
    "launch day": (
        640, 360, 24, ("rocket.jpg", "grace hopper.jpg", "gravel.png", "astronaut.png", "moon.png", "clock.png",
                       "hubble deep field.jpg", "rocket.jpg"),
    ),
    "in town": (
        640, 360, 25, ("coffee.png", "page.png", "brick wall.png", "motorcycle.png", "chelsea.png", "china.jpg",
                       "coffee.png"),
    ),
    "on the desk": (
        640, 360, 25, ("coins.png", "retina.jpg", "chessboard.png", "tissue.png", "flower.jpg", "handwriting.png",
                       "coins.png"),
    ),
    "upright": (
        360, 640, 24, ("cameraman.png", "grass.png", "horse.png", "flower.jpg", "cell.png", "grace hopper.jpg",
                       "chelsea.png"),
    ),
}  # fmt: skip

_PLAIN = (480, 360, 10)  # width, height, frames per second of reels of other photos
_PHOTOS = 8  # of each of these
_SHORTEST_S, _LONGEST_S = 3.0, 7.0
_FADE_S = 0.6
_STAGE_SCALE = 4 / 3  # size of the stage relative to a frame, so that zooming in does not enlarge pixels
_CLOSE = 0.75  # share of the stage in view at the end of a zoom and during a pan
_REPORT_EVERY = 12  # frames between progress reports
_CROPPED = 0.2  # largest share of a photo that may be cropped to fill the frame; others lie on their own blur


@dataclass(frozen=True, slots=True)
class Shot:
    """One photo on the screen from start_s to end_s, in seconds; in a cross-fade, from middle to middle.

    fade_s: length of the cross-fade from the previous shot, centered on start_s; 0 is a cut.
    """

    photo: str
    start_s: float
    end_s: float
    motion: Motion
    fade_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reel:
    """A video to render; its shots follow one another without gaps.

    Attributes
    ----------
    name : str
    shots : tuple of Shot
    width, height : int
        Pixels.
    fps : int
    """

    name: str
    shots: tuple[Shot, ...]
    width: int
    height: int
    fps: int

    @property
    def file_name(self) -> str:
        """Name of the file."""
        return f"{self.name}.mp4"

    @property
    def frames(self) -> int:
        """Number of frames."""
        return round(self.shots[-1].end_s * self.fps)


def reel_plan() -> tuple[Reel, ...]:
    """The reels of the installed sample photos, with their known moments; always the same.

    Returns
    -------
    tuple of Reel
    """
    sources = sample_sources()
    plan = []
    for name, (width, height, fps, photos) in _REELS.items():
        shots = _shots(random.Random(name), [photo for photo in photos if photo in sources], fps)
        if shots:
            plan.append(Reel(name, shots, width, height, fps))
    return tuple(plan)


def plan_reels(photos: Sequence[str], *, shots: int = _PHOTOS) -> tuple[Reel, ...]:
    """Reels of any photos; always the same for the same names.

    Parameters
    ----------
    photos : sequence of str
        Names, each once, in the order of the shots.
    shots : int
        Photos of each reel.

    Returns
    -------
    tuple of Reel
    """
    width, height, fps = _PLAIN
    names = {f"reel {first // shots + 1:03}": list(photos[first : first + shots])
             for first in range(0, len(photos), shots)}  # fmt: skip
    return tuple(Reel(name, _shots(random.Random(name), own, fps), width, height, fps) for name, own in names.items())


@task_keywords
def render_reels(
    folder: Path,
    *,
    plan: Sequence[Reel] | None = None,
    sources: Mapping[str, Path] | None = None,
    task: Task = SILENT,
) -> list[Path]:
    """Renders the reels that a folder lacks, as H.264 MP4 that browsers play.

    A file gets its name only when it is complete; an unfinished one is deleted.

    Parameters
    ----------
    folder : Path
    plan : sequence of Reel, optional
        Default: those of the sample photos.
    sources : mapping of str to Path, optional
        The file of each photo. Default: the sample photos.
    task : Task, optional
        Ends early with the complete reels.

    Returns
    -------
    list of Path
        All reels.

    Raises
    ------
    LibraryError
        A file cannot be written.
    """
    stage = task.stage("render", "frames")
    folder.mkdir(parents=True, exist_ok=True)
    plan, sources = reel_plan() if plan is None else plan, sample_sources() if sources is None else sources
    missing = [reel for reel in plan if not (folder / reel.file_name).exists()]
    done, total = 0, sum(reel.frames for reel in missing)

    def go_on() -> bool:
        nonlocal done
        done += 1
        if done % _REPORT_EVERY == 0 or done == total:
            stage.report(done, total)
        return not task.is_cancelled

    for reel in missing:
        hidden = folder / f".{reel.file_name}"
        try:
            if not _write(reel, sources, hidden, go_on):
                break
            hidden.replace(folder / reel.file_name)
        except (av.FFmpegError, OSError) as error:
            message = f"The sample video {reel.file_name} cannot be written ({error.strerror or error})"
            raise LibraryError(f"{message}: free some disk space, or check the permissions of {folder}.") from error
        finally:
            hidden.unlink(missing_ok=True)
    return [path for reel in plan if (path := folder / reel.file_name).exists()]


def _shots(rng: random.Random, photos: list[str], fps: int) -> tuple[Shot, ...]:
    """Shots of random lengths in whole frames, none ending on a whole second; about every third begins with a fade."""
    motions: tuple[Motion, ...] = ("still", "zoom in", "zoom out", "pan left", "pan right")
    shots: list[Shot] = []
    start, motion = 0, motions[0]
    for photo in photos:
        end = start + round(fps * rng.uniform(_SHORTEST_S + 0.1, _LONGEST_S - 0.5))
        if end % fps == 0:
            end += fps // 3
        motion = rng.choice([other for other in motions if other != motion])
        fade = _FADE_S if shots and rng.random() < 0.4 else 0.0
        shots.append(Shot(photo, start / fps, end / fps, motion, fade))
        start = end
    return tuple(shots)


def _write(reel: Reel, sources: Mapping[str, Path], path: Path, go_on: Callable[[], bool]) -> bool:
    """Encodes a reel into a file, asking after each frame whether to go on; False where it was told to stop."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream: Any = container.add_stream("libx264", rate=reel.fps)
        stream.width, stream.height, stream.pix_fmt = reel.width, reel.height, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "26", "g": str(2 * reel.fps)}
        for picture in _pictures(reel, sources):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            if not go_on():
                return False
        container.mux(stream.encode(None))
    return True


def _pictures(reel: Reel, sources: Mapping[str, Path]) -> Iterator[Picture]:
    size = (reel.width, reel.height)
    stages = {photo: _stage(sources[photo], size) for photo in {shot.photo for shot in reel.shots}}
    for number in range(reel.frames):
        at = number / reel.fps
        picture: Picture | None = None
        for shot in reel.shots:
            if at < shot.start_s - shot.fade_s / 2 or at >= shot.end_s + _FADE_S / 2:
                continue
            view = _view(stages[shot.photo], shot, at, size)
            opacity = _opacity(shot, at)
            picture = view if picture is None else cv2.addWeighted(view, opacity, picture, 1 - opacity, 0)  # type: ignore[assignment]
        assert picture is not None  # shots follow without gaps
        yield picture


def _opacity(shot: Shot, at: float) -> float:
    """Opacity of a shot, 0 to 1: rises during its fade, or at once."""
    elapsed = at - shot.start_s
    return min(1.0, max(0.0, elapsed / shot.fade_s + 0.5)) if shot.fade_s else float(elapsed >= 0)


def _stage(source: Path, size: tuple[int, int]) -> Picture:
    """The photo on a canvas of the frame's shape, but larger: it fills the canvas, or lies on its own blur."""
    photo = np.asarray(open_image(source))
    height, width = photo.shape[:2]
    stage_size = (round(size[0] * _STAGE_SCALE), round(size[1] * _STAGE_SCALE))
    fit, fill = sorted((stage_size[0] / width, stage_size[1] / height))
    filled = _crop_center(_scale(photo, fill), stage_size)
    if 1 - fit / fill <= _CROPPED:
        return filled
    blur = cv2.GaussianBlur(cv2.resize(filled, (80, 80)), (0, 0), 5)
    stage = (0.6 * cv2.resize(blur, stage_size, interpolation=cv2.INTER_CUBIC)).astype(np.uint8)
    fitted = _scale(photo, fit)[: stage_size[1], : stage_size[0]]
    top, left = (stage_size[1] - fitted.shape[0]) // 2, (stage_size[0] - fitted.shape[1]) // 2
    stage[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return stage


def _crop_center(picture: Picture, size: tuple[int, int]) -> Picture:
    top, left = (picture.shape[0] - size[1]) // 2, (picture.shape[1] - size[0]) // 2
    return picture[top : top + size[1], left : left + size[0]]


def _scale(photo: Picture, factor: float) -> Picture:
    size = (round(photo.shape[1] * factor), round(photo.shape[0] * factor))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)  # type: ignore[return-value]


def _view(stage: Picture, shot: Shot, at: float, size: tuple[int, int]) -> Picture:
    """The camera's view of a stage: a window that moves or changes its size evenly during a shot."""
    progress = min(1.0, max(0.0, (at - shot.start_s) / (shot.end_s - shot.start_s)))
    window, shift = _camera(shot.motion, progress)
    height, width = stage.shape[:2]
    scale = window * width / size[0]
    left = (width - window * width) / 2 + shift * width
    top = (height - window * height) / 2
    matrix = np.array([[scale, 0, left], [0, scale, top]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(stage, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def _camera(motion: Motion, progress: float) -> tuple[float, float]:
    """Share of the stage in view, and shift to the right as a share of its width; its center always stays in view."""
    travel = (1 - _CLOSE) * (progress - 0.5)
    if motion == "still":
        return 1.0, 0.0
    if motion == "zoom in":
        return 1 - (1 - _CLOSE) * progress, 0.0
    if motion == "zoom out":
        return _CLOSE + (1 - _CLOSE) * progress, 0.0
    return _CLOSE, -travel if motion == "pan left" else travel
