"""What kind of file a name promises. Light: nothing is opened, no decoder is loaded."""

from __future__ import annotations

from pathlib import Path

IMAGE_SUFFIXES = frozenset(".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .dib .tif .tiff .avif .heic .heif".split())
VIDEO_SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .ts .mts .m2ts .wmv .flv .3gp .3g2 .ogv .gif".split()
)


def is_image_path(path: Path | str) -> bool:
    """Whether the name ends like a picture's."""
    return Path(path).suffix.lower() in IMAGE_SUFFIXES


def is_video_path(path: Path | str) -> bool:
    """Whether the name ends like a video's. A GIF may be either: only its content tells."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


def is_media_path(path: Path | str) -> bool:
    """Whether the name ends like a picture's or a video's."""
    return is_image_path(path) or is_video_path(path)
