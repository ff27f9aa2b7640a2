"""Clips of videos as MP4 that every browser plays: H.264 and AAC, upright, square pixels, cut at exact times."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from core.deprecated import task_keywords
from core.errors import ApartError, Cancelled, MediaError
from core.isolation.calls import run_isolated
from core.library.public.handout import check_handed_out
from core.library.schema import Item
from core.media.video_files.transcode import write_cut
from core.previews.cache import load_cached, store_cached
from core.progress import SILENT, Task

_GRID_S = 5.0  # clips begin on this grid, so that nearby moments share one
_PATIENCE_S, _PACE = 120.0, 20.0  # time for cutting, and for each second of the clip
_TOO_LONG = "Cutting it takes too long, so it was stopped: convert the video."


@dataclass(frozen=True, slots=True)
class PlayableClip:
    """data: an MP4 of `duration_s` seconds; its first picture is the video's at `offset_s` seconds."""

    data: bytes
    offset_s: float
    duration_s: float


@task_keywords
def cut_clip(source: Path, start_s: float, end_s: float, *, max_side: int = 1280, task: Task = SILENT) -> bytes:
    """Cuts a clip out of a video, in a child process: MP4 with H.264 4:2:0 and AAC, index first.

    Parameters
    ----------
    source : Path
        A video file.
    start_s, end_s : float
        Seconds, clamped to the video.
    max_side : int
        Pixels; larger pictures are shrunk.
    task : Task, optional
        Its progress is in seconds of video that are written.

    Returns
    -------
    bytes

    Raises
    ------
    MediaError
        The video cannot be read, nothing lies between the times, there is no encoder, or `task` is cancelled.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "clip.mp4"
        until = _Until(task, time.monotonic() + _PATIENCE_S + _PACE * max(0.0, end_s - start_s))
        try:
            run_isolated(
                write_cut, str(source), str(target), start_s, end_s, max_side, task=Task(task.on_progress, until)
            )
            return target.read_bytes()
        except (ApartError, Cancelled, OSError) as error:
            if until.is_set():
                raise MediaError("Cutting was cancelled." if task.is_cancelled else _TOO_LONG) from None
            raise MediaError(f"The clip could not be written ({error}).") from error


class _Until(threading.Event):
    """Set when a task is cancelled, or at a time (monotonic seconds)."""

    def __init__(self, task: Task, end: float) -> None:
        super().__init__()
        self._task, self._end = task, end

    def is_set(self) -> bool:
        return time.monotonic() > self._end or self._task.is_cancelled


def playable_clip(item: Item, time_s: float, *, around_s: float = 15.0) -> PlayableClip:
    """A clip around a moment, for a video that browsers do not play; cached in the home folder.

    Parameters
    ----------
    item : Item
        A video.
    time_s : float
        The moment, in seconds.
    around_s : float
        Seconds. The clip begins at most `around_s` + 5 before the moment and ends as much after it.

    Returns
    -------
    PlayableClip

    Raises
    ------
    MediaError
        As `cut_clip`.
    """
    check_handed_out(item)
    start_s = max(0.0, (time_s - around_s) // _GRID_S * _GRID_S)
    end_s = start_s + 2 * around_s + _GRID_S
    if item.duration_s:
        end_s = min(end_s, item.duration_s)
        start_s = max(0.0, min(start_s, end_s - _GRID_S))
    name = f"{round(start_s * 1000)}-{round(end_s * 1000)}.mp4"
    data = load_cached("previews", item, name)
    if data is None:
        data = cut_clip(Path(item.path), start_s, end_s)
        store_cached("previews", item, name, data)
    return PlayableClip(data, start_s, end_s - start_s)
