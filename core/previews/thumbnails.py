"""Small pictures of items, made when somebody looks and kept in the home folder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from core.library.schema import Item
from core.media.isolated import open_isolated, read_stills
from core.previews.cache import fail_fast, load_cached, store_cached

_DEFAULT_S = 3.0


def make_thumbnail(item: Item, *, side: int = 320, time_s: float | None = None) -> bytes:
    """WebP bytes of the item's picture, its longer side at most `side` pixels. Raises MediaError where it is gone.

    time_s: for a video, of which second; else a tenth into it, and at most 3 s: beginnings are often black.
    Kept under content hash, time and side, so that a changed file gets a new one and a moved file keeps its own.
    """
    if item.kind == "video":
        default_s = min(_DEFAULT_S, (item.duration_s or 0.0) / 10)
        return make_storyboard(item, [default_s if time_s is None else time_s], side=side)[0]
    name = f"{side}.webp"
    data = load_cached("thumbnails", item, name)
    if data is None:
        with fail_fast(item, name):
            data = _webp(open_isolated(Path(item.path), min_side=side), side)
        store_cached("thumbnails", item, name, data)
    return data


def make_storyboard(item: Item, times_s: Sequence[float], *, side: int = 160) -> list[bytes]:
    """WebP bytes of a video's pictures at some seconds, in their order; longer sides at most `side` pixels.

    Those that are not kept are made in one pass over the file, or with a jump to each in a long one. Raises MediaError.
    """
    names = {time_s: f"{side}-{round(max(0.0, time_s) * 1000)}.webp" for time_s in times_s}
    found = {
        time_s: data for time_s, name in names.items() if (data := load_cached("thumbnails", item, name)) is not None
    }
    target = [time_s for time_s in names if time_s not in found]
    if target:
        with fail_fast(item, " ".join(names[time_s] for time_s in target)):
            pictures = read_stills(item.path, target, min_side=side)
        for time_s, picture in zip(target, pictures, strict=True):
            found[time_s] = _webp(picture, side)
            store_cached("thumbnails", item, names[time_s], found[time_s])
    return [found[time_s] for time_s in times_s]


def _webp(image: Image.Image, side: int) -> bytes:
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()
