"""Small pictures for a page, as data URIs, no more of them and no larger together than the page can carry."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Sequence

from core.errors import Cancelled, MediaError
from core.library.schema import Item
from core.media.thumbnails import thumbnail
from core.progress import OnProgress, Progress

MOST_BYTES = 8_000_000  # of one part of a page, as they stand in it


def pictures_of(
    shown: Sequence[tuple[Item, float | None]],
    *,
    side: int,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> list[str | None]:
    """A data URI for each item (of a video at a second, or wherever it is told best), longer sides at most `side`.

    None for one that cannot be read, and for all from where `MOST_BYTES` are reached. Raises Cancelled.
    """
    found: list[str | None] = []
    left, started = MOST_BYTES, time.monotonic()
    for done, (item, time_s) in enumerate(shown, start=1):
        if cancel is not None and cancel.is_set():
            raise Cancelled("Stopped: nothing was saved.")
        uri = _uri(item, side, time_s) if left > 0 else None
        left -= len(uri or "")
        found.append(uri)
        if on_progress is not None:
            on_progress(Progress("pictures", done, len(shown), time.monotonic() - started, "pictures"))
    return found


def _uri(item: Item, side: int, time_s: float | None) -> str | None:
    try:
        return "data:image/webp;base64," + base64.b64encode(thumbnail(item, side=side, time_s=time_s)).decode()
    except MediaError:
        return None
