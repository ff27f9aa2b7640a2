"""Whether browsers play a video as it is."""

from __future__ import annotations

from pathlib import Path

import av

from core.errors import MediaError
from core.media.container import open_container, read_beginning, video_stream

_PICTURES = ("h264", "vp8", "vp9", "av1")
_SOUNDS = ("aac", "mp3", "opus", "vorbis", "flac")


def is_playable(source: Path | str | bytes) -> bool:
    """Whether today's browsers play the file as it is: MP4 or WebM with codecs and colours that all of them have."""
    try:
        with open_container(source) as container:
            context = video_stream(container).codec_context
            sounds = [stream.codec_context for stream in container.streams.audio]
            return (
                _is_for_browsers(read_beginning(source))
                and context.name.removeprefix("lib").startswith(_PICTURES)
                and context.pix_fmt in ("yuv420p", "yuvj420p")
                and all(sound is not None and sound.name.startswith(_SOUNDS) for sound in sounds)
            )
    except (MediaError, av.FFmpegError):
        return False


def _is_for_browsers(head: bytes) -> bool:
    """MP4 and WebM, and not their relatives QuickTime and Matroska, which not all browsers open."""
    if head[4:8] == b"ftyp":
        return head[8:12] != b"qt  "
    return head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head
