"""Video files, opened within limits, with a reason if that fails."""

from __future__ import annotations

import contextlib
import io
import math
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from core.errors import MediaError
from core.media.formats import demuxers, find_container, is_for_browsers
from core.media.video_files.gif import add_control_blocks
from core.utils.files import to_absolute

MAX_FRAME_PIXELS = 8192 * 8192
_LEAD_IN_S = 0.1  # sound often begins this much before the picture, by accident
_LEAP_S = 10.0  # in formats whose clock may leap, sound that begins earlier than this is from before a leap
_LATE_S = 1.0
_LATE_STREAMS = 100
_GIF = b"GIF8"

AGAIN = "copy the file again from where it came"
ENCRYPTED = "It is encrypted (copy protection): only the program or device that it was made for can show it."


def open_container(source: Path | str | bytes) -> Any:
    """An open `av` container. Raises MediaError with the reason: missing, no permission, empty, no video, cut off."""
    try:
        if isinstance(source, bytes):
            return _open(io.BytesIO(add_control_blocks(source) if source.startswith(_GIF) else source))
        path = to_absolute(source)
        _check_file(path)
        if read_beginning(path).startswith(_GIF):
            data = path.read_bytes()
            if (completed := add_control_blocks(data)) is not data:
                return _open(io.BytesIO(completed))
        try:
            return _open(f"file:{path}")
        except UnicodeEncodeError:  # a name that is no text, which FFmpeg does not take
            return _open(path.open("rb"))
    except FileNotFoundError:
        raise MediaError("The file is not there any more.") from None
    except PermissionError:
        raise MediaError("No permission to read the file: change its permissions and index again.") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(_open_error(source, error)) from None


def _open(file: Any) -> Any:
    options = {"format_whitelist": demuxers(), "protocol_whitelist": "file", "max_pixels": str(MAX_FRAME_PIXELS)}
    return av.open(file, mode="r", options=options, metadata_errors="replace")  # older programs write Latin-1


def read_packets(container: Any, *streams: Any) -> Iterator[Any]:
    """The packets of the given streams, or of all, from the current position to the end of the file.

    PyAV raises IndexError where a stream has appeared on the way, as in a recording that was switched; asked again, it
    goes on. Raises `av.FFmpegError` and ValueError.
    """
    for _ in range(_LATE_STREAMS):
        with contextlib.suppress(IndexError):
            yield from container.demux(*streams)
            return


def video_stream(container: Any) -> Any:
    """The video stream. Raises MediaError if there is none, or none that can be decoded."""
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    streams = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not streams:
        raise MediaError("It holds sound only, no pictures." if container.streams.audio else "There is no video in it.")
    best = container.streams.best("video")
    stream = best if best in streams else streams[0]
    if stream.codec_context is None:
        raise MediaError("Its pictures are coded in a way that cannot be decoded here: convert it to H.264.")
    if stream.codec_context.width * stream.codec_context.height > MAX_FRAME_PIXELS:
        size = f"{stream.codec_context.width:,} x {stream.codec_context.height:,}"
        raise MediaError(f"Frames of {size} pixels are over the limit: export a smaller copy.")
    return stream


def get_origin_s(container: Any, stream: Any) -> float:
    """The time on the container's clock at which the video begins, in seconds: subtracted from all times."""
    own = float(stream.start_time * stream.time_base) if stream.start_time is not None else None
    whole = container.start_time / av.time_base if container.start_time is not None else None
    if own is None:
        return whole or 0.0
    row = find_container(str(container.format.name))
    longest = _LEAP_S if row is not None and row.is_spliced else math.inf
    return whole if whole is not None and _LEAD_IN_S < own - whole <= longest else own


def get_duration_s(container: Any, origin_s: float) -> float | None:
    """Duration of the whole file according to its header, in seconds; None if unknown. origin_s: `get_origin_s`."""
    if not container.duration or container.duration < 0:
        return None
    duration_s = float(container.duration / av.time_base)
    row = find_container(str(container.format.name))
    from_zero = row is not None and row.counts_from_zero and _LATE_S < origin_s < duration_s
    return duration_s - origin_s if from_zero else duration_s


def get_claimed_duration_s(container: Any, stream: Any, origin_s: float) -> float | None:
    """Duration of the video stream according to the container, in seconds; None if unknown.

    The least of what it says in several places: one of them may be wrong, or about the sound.
    """
    claims = [get_duration_s(container, origin_s)]
    if stream.duration:
        claims.append(float(stream.duration * stream.time_base))
    with contextlib.suppress(ValueError, AttributeError):  # Matroska: 00:01:02.500000000
        hours, minutes, seconds = stream.metadata.get("DURATION").split(":")
        claims.append(float(hours) * 3600 + float(minutes) * 60 + float(seconds))
    return min((claim for claim in claims if claim is not None), default=None)


def read_beginning(source: Path | str | bytes) -> bytes:
    """The first 64 bytes, which identify the container; empty if the file cannot be read."""
    if isinstance(source, bytes):
        return source[:64]
    with contextlib.suppress(OSError, ValueError), to_absolute(source).open("rb") as file:
        return file.read(64)
    return b""


def _check_file(path: Path) -> None:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):  # reading a pipe would block
        raise MediaError("It is a folder." if stat.S_ISDIR(found.st_mode) else "It is a device or a pipe, not a file.")
    if found.st_size == 0:
        raise MediaError("The file is empty (0 bytes).")


def _open_error(source: Path | str | bytes, error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
        return f"The file cannot be read: {error.strerror or error}."
    if read_beginning(source)[4:8] == b"ftyp":
        return f"The video is cut off or damaged (its index is missing): {AGAIN}."
    return "Not a video, whatever its name says, or its beginning is damaged."


_PICTURES = ("h264", "vp8", "vp9", "av1")
_SOUNDS = ("aac", "mp3", "opus", "vorbis", "flac")


def is_playable(source: Path | str | bytes) -> bool:
    """Whether today's browsers play the file as it is: MP4 or WebM with codecs and colors that all of them have."""
    try:
        with open_container(source) as container:
            context = video_stream(container).codec_context
            sounds = [stream.codec_context for stream in container.streams.audio]
            return (
                is_for_browsers(read_beginning(source))
                and context.name.removeprefix("lib").startswith(_PICTURES)
                and context.pix_fmt in ("yuv420p", "yuvj420p")
                and all(sound is not None and sound.name.startswith(_SOUNDS) for sound in sounds)
            )
    except (MediaError, av.FFmpegError):
        return False
