"""Small pictures of items, made on demand and cached in the home folder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from core.library.public.handout import check_handed_out
from core.library.schema import Item
from core.media.modalities import get_modality
from core.previews.cache import fail_fast, load_cached, store_cached


def make_thumbnail(item: Item, *, side: int = 320, time_s: float | None = None) -> bytes:
    """A small picture of an item.

    It is cached under content hash, time and side: a changed file gets a new one, a moved file keeps its own.

    Parameters
    ----------
    item : Item
    side : int
        Pixels of the longer side, at most.
    time_s : float, optional
        For a video: the second. By default that of `Modality.cover`.

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
    place = get_modality(item.kind).cover(item.duration_s) if time_s is None else time_s
    return make_storyboard(item, [place], side=side)[0]


def make_storyboard(item: Item, times_s: Sequence[float | None], *, side: int = 160) -> list[bytes]:
    """Small pictures of an item at some places.

    Those that are not cached are decoded in one pass over the file, or with a jump to each in a long video.

    Parameters
    ----------
    item : Item
    times_s : sequence of float or None
        Seconds of a video, else as `Segment.start`; None for the picture that stands for the whole.
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
    names = {time_s: _name(side, time_s) for time_s in times_s}
    found = {
        time_s: data for time_s, name in names.items() if (data := load_cached("thumbnails", item, name)) is not None
    }
    missing = [time_s for time_s in names if time_s not in found]
    if missing:
        with fail_fast(item, " ".join(names[time_s] for time_s in missing)):
            pictures = get_modality(item.kind).draw(Path(item.path), missing, side)
        for time_s, picture in zip(missing, pictures, strict=True):
            found[time_s] = _webp(picture, side)
            store_cached("thumbnails", item, names[time_s], found[time_s])
    return [found[time_s] for time_s in times_s]


def _name(side: int, place: float | None) -> str:
    return f"{side}.webp" if place is None else f"{side}-{round(max(0.0, place) * 1000)}.webp"


def _webp(image: Image.Image, side: int) -> bytes:
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()
