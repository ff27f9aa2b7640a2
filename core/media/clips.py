"""Pieces of videos as MP4 that every browser plays: H.264 and AAC, upright, square pixels, cut at exact times."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import av

from core.errors import MediaError
from core.library.schema import Item
from core.media.container import beginning, open_container, video_stream
from core.media.cutting import write_clip
from core.media.kept import keep, kept
from core.media.video import Video
from core.progress import OnProgress, Progress

_SHORTEST_S = 0.04
_GRID_S = 5.0  # previews begin on it, so that moments close together share one
_PICTURES = ("h264", "vp8", "vp9", "av1")
_SOUNDS = ("aac", "mp3", "opus", "vorbis", "flac")


@dataclass(frozen=True, slots=True)
class PlayableClip:
    """data: an MP4 of `duration_s` seconds; its first picture is the video's at `offset_s` seconds."""

    data: bytes
    offset_s: float
    duration_s: float


def cut(
    source: Path,
    start_s: float,
    end_s: float,
    *,
    max_side: int = 1280,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> bytes:
    """The seconds start_s..end_s of a video as MP4 (H.264 4:2:0 and AAC, index first), coded anew.

    Times are clamped to the video. max_side: pixels; larger pictures are shrunk. Progress is in seconds of video.
    Raises MediaError: unreadable, nothing between the times, no encoder, or cancelled.
    """
    started = time.monotonic()
    start_s = max(0.0, start_s)
    end_s = max(end_s, start_s + _SHORTEST_S)

    def tell(done_s: float) -> None:
        if cancel is not None and cancel.is_set():
            raise MediaError("Cutting was cancelled.")
        if on_progress is not None:
            spent = time.monotonic() - started
            on_progress(Progress("cut", round(done_s), round(end_s - start_s), spent, "seconds"))

    with Video(source) as video, open_container(source) as heard, tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "clip.mp4"
        try:
            write_clip(video, heard, target, start_s=start_s, end_s=end_s, max_side=max_side, tell=tell)
            return target.read_bytes()
        except (av.FFmpegError, OSError) as error:
            raise MediaError(f"The clip could not be written ({error.strerror or error}).") from error


def is_playable(source: Path | str | bytes) -> bool:
    """Whether today's browsers play the file as it is: MP4 or WebM with codecs and colours that all of them have."""
    try:
        with open_container(source) as container:
            context = video_stream(container).codec_context
            sounds = [stream.codec_context for stream in container.streams.audio]
            return (
                _is_for_browsers(beginning(source))
                and context.name.removeprefix("lib").startswith(_PICTURES)
                and context.pix_fmt in ("yuv420p", "yuvj420p")
                and all(sound is not None and sound.name.startswith(_SOUNDS) for sound in sounds)
            )
    except (MediaError, av.FFmpegError):
        return False


def playable_clip(item: Item, time_s: float, *, around_s: float = 15.0) -> PlayableClip:
    """A clip of the seconds around a moment, for a video that browsers do not play; kept in the home folder.

    It begins at most `around_s` + 5 seconds before `time_s` and ends as much after it. Raises MediaError.
    """
    start_s = max(0.0, (time_s - around_s) // _GRID_S * _GRID_S)
    end_s = start_s + 2 * around_s + _GRID_S
    if item.duration_s:
        end_s = min(end_s, item.duration_s)
        start_s = max(0.0, min(start_s, end_s - _GRID_S))
    name = f"{round(start_s * 1000)}-{round(end_s * 1000)}.mp4"
    data = kept("previews", item, name)
    if data is None:
        data = cut(Path(item.path), start_s, end_s)
        keep("previews", item, name, data)
    return PlayableClip(data, start_s, end_s - start_s)


def _is_for_browsers(head: bytes) -> bool:
    """MP4 and WebM, and not their relatives QuickTime and Matroska, which not all browsers open."""
    if head[4:8] == b"ftyp":
        return head[8:12] != b"qt  "
    return head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head
