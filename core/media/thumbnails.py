"""Small pictures of items, made when somebody looks and kept in the home folder."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

from core.files import write_whole
from core.home import home
from core.library.schema import Item
from core.media.images import open_image

_VERSION = "v1"


def thumbnail(item: Item, *, side: int = 320) -> bytes:
    """WebP bytes of the item's picture, its longer side at most `side` pixels. Raises MediaError where it is gone.

    Kept under version, content hash and side, so that a changed file gets a new one and a moved file keeps its own.
    """
    kept = _path(item, side)
    if kept is not None and kept.is_file():
        return kept.read_bytes()
    image = open_image(Path(item.path), min_side=side)
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    data = buffer.getvalue()
    if kept is not None and _is_as_indexed(item):
        with contextlib.suppress(OSError):  # a full or read-only disk costs speed, not the picture
            write_whole(kept, data)
    return data


def _is_as_indexed(item: Item) -> bool:
    """Whether the file is still the one whose content hash the item has: only then is its picture worth keeping."""
    try:
        stat = os.stat(item.path)
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (item.bytes, item.mtime_ns)


def _path(item: Item, side: int) -> Path | None:
    digest = item.content_hash
    return home() / "thumbnails" / _VERSION / digest[:2] / f"{digest}-{side}.webp" if digest else None
