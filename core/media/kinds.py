"""What kind of file a name promises, by the tables of `core.media.formats`. Light: nothing is decoded."""

from __future__ import annotations

from pathlib import Path

from core.media.formats import CONTAINERS, PICTURE_FORMATS, may_be_video


def is_image_path(path: Path | str) -> bool:
    """Whether the name ends like a picture's."""
    suffix = Path(path).suffix.lower()
    return any(suffix in row.suffixes for row in PICTURE_FORMATS)


def is_video_path(path: Path | str) -> bool:
    """Whether the name ends like a video's. A GIF may be either: only its content tells."""
    suffix = Path(path).suffix.lower()
    return any(suffix in row.suffixes for row in CONTAINERS)


def is_media_path(path: Path | str) -> bool:
    """Whether the name ends like a picture's or a video's."""
    return is_image_path(path) or is_video_path(path)


def is_media_file(path: Path | str) -> bool:
    """Whether a file is a picture or a video by its name, and by its first bytes where others have such names too.

    A TypeScript file is no video. One that cannot be read is what its name says.
    """
    if is_image_path(path):
        return True
    if not is_video_path(path):
        return False
    if may_be_video(path, b"\n"):  # whatever it holds
        return True
    try:
        with open(path, "rb") as file:
            return may_be_video(path, file.read(64))
    except (OSError, ValueError):
        return True
