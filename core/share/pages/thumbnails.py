"""Thumbnails for a page as data URIs, limited in number and size."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from core.errors import MediaError
from core.library.schema import Item
from core.previews.thumbnails import make_storyboard, make_thumbnail
from core.progress import SILENT, Task

MOST_BYTES = 8_000_000  # of the URIs in one part of a page


def encode_images(shown: Sequence[tuple[Item, float | None]], *, side: int, task: Task = SILENT) -> list[str | None]:
    """A data URI for each item (of a video at a second, or wherever it is told best), longer sides at most `side`.

    None for one that cannot be read, and for all from where `MOST_BYTES` are reached. Raises Cancelled.
    """
    found: list[str | None] = []
    left, stage = MOST_BYTES, task.stage("pictures", "pictures")
    for item, group in groupby(shown, key=itemgetter(0)):
        task.check("Stopped: nothing was saved.")
        times = [time_s for _, time_s in group]
        for uri in _uris(item, times, side) if left > 0 else [None] * len(times):
            found.append(uri if left > 0 else None)
            left -= len(uri or "")
        stage.report(len(found), len(shown))
    return found


def _uris(item: Item, times: Sequence[float | None], side: int) -> list[str | None]:
    """URIs of one item; several seconds of a video are decoded in one pass."""
    try:
        if None in times:
            pictures = [make_thumbnail(item, side=side, time_s=time_s) for time_s in times]
        else:
            pictures = make_storyboard(item, [time_s for time_s in times if time_s is not None], side=side)
    except MediaError:
        return [None] * len(times)
    return ["data:image/webp;base64," + base64.b64encode(data).decode() for data in pictures]
