"""Small pictures of items, made on demand and cached in the home folder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from core.library.handout import check_handed_out
from core.library.schema import Item
from core.media.isolated import open_isolated, read_stills
from core.previews.cache import fail_fast, load_cached, store_cached

_DEFAULT_S = 3.0


def make_thumbnail(item: Item, *, side: int = 320, time_s: float | None = None) -> bytes:
    """A small picture of an item.

    It is cached under content hash, time and side: a changed file gets a new one, a moved file keeps its own.

    Parameters
    ----------
    item : Item
    side : int
        Pixels of the longer side, at most.
    time_s : float, optional
        For a video: the second. By default a tenth into it, and at most 3 s, as beginnings are often black.

    Returns
    -------
    bytes
        WebP.

    Raises
    ------
    MediaError
        The file is missing or cannot be decoded.
    """
    check_handed_out(item)
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
    """Small pictures of a video at some seconds.

    Those that are not cached are decoded in one pass over the file, or with a jump to each in a long one.

    Parameters
    ----------
    item : Item
        A video.
    times_s : sequence of float
        Seconds.
    side : int
        Pixels of the longer side, at most.

    Returns
    -------
    list of bytes
        WebP, in the order of `times_s`.

    Raises
    ------
    MediaError
        The file is missing or cannot be decoded.
    """
    check_handed_out(item)
    names = {time_s: f"{side}-{round(max(0.0, time_s) * 1000)}.webp" for time_s in times_s}
    found = {
        time_s: data for time_s, name in names.items() if (data := load_cached("thumbnails", item, name)) is not None
    }
    missing = [time_s for time_s in names if time_s not in found]
    if missing:
        with fail_fast(item, " ".join(names[time_s] for time_s in missing)):
            pictures = read_stills(item.path, missing, min_side=side)
        for time_s, picture in zip(missing, pictures, strict=True):
            found[time_s] = _webp(picture, side)
            store_cached("thumbnails", item, names[time_s], found[time_s])
    return [found[time_s] for time_s in times_s]


def _webp(image: Image.Image, side: int) -> bytes:
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()
