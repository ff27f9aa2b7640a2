"""What kind of file a name promises, by the tables of `core.media.formats`. Light: nothing is decoded."""

from __future__ import annotations

from contextlib import nullcontext
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


def is_media_path(path: Path | str, *, texts: bool = False) -> bool:
    """Whether the name ends like that of any kind of item (`core.media.modalities`).

    texts: whether kinds count that are taken on request only.
    """
    return any(texts or not modality.is_on_request for modality in find_modalities(path))


def is_item_path(path: Path | str, kind: str) -> bool:
    """Whether the name ends like that of an item of a kind, or of any that is taken without a request."""
    return any(not modality.is_on_request or modality.name == kind for modality in find_modalities(path))


def is_media_file(path: Path | str, *, texts: bool = False) -> bool:
    """Whether a file is of any kind by its name, and by its first bytes where others have such names too.

    A TypeScript file is no video. One that cannot be read is what its name says. texts: as of `is_media_path`.
    """
    kinds = [modality for modality in find_modalities(path) if texts or not modality.is_on_request]
    signs = [modality.sniff for modality in kinds if modality.sniff is not None]
    if len(signs) < len(kinds) or any(sniff(path, b"\n") for sniff in signs):  # the latter: whatever it holds
        return True
    try:
        with open(path, "rb") if signs else nullcontext() as file:
            beginning = file.read(64) if file else b""
    except (OSError, ValueError):
        return True
    return any(sniff(path, beginning) for sniff in signs)
