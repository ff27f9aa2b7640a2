"""What kind of file a name promises, by the tables of `core.media.formats`. Light: nothing is opened."""

from __future__ import annotations

from pathlib import Path

from core.media.formats import CONTAINERS, PICTURE_FORMATS
from core.media.modalities import find_modalities


def is_image_path(path: Path | str) -> bool:
    """Whether the name ends like a picture's."""
    suffix = Path(path).suffix.lower()
    return any(suffix in row.suffixes for row in PICTURE_FORMATS)


def is_video_path(path: Path | str) -> bool:
    """Whether the name ends like a video's. A GIF may be either: only its content tells."""
    suffix = Path(path).suffix.lower()
    return any(suffix in row.suffixes for row in CONTAINERS)


def is_media_path(path: Path | str) -> bool:
    """Whether the name ends like that of any kind of item (`core.media.modalities`)."""
    return bool(find_modalities(path))
