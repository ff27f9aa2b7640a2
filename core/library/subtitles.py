"""Which video a file of subtitles belongs to: the one beside it that has its name."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from core.library.schema import Item
from core.media.documents.formats import SUBTITLE_SUFFIXES
from core.media.modalities import TEXT, VIDEO
from core.utils.path_matching import fold_stem

_MOST_TAGS = 2  # behind the name, as in film.en.forced.srt


def match_stored_subtitles(items: pa.Table) -> dict[str, Item]:
    """`match_subtitles` of the rows of an `items` table, of which most are neither texts nor videos."""
    kinds = items["kind"]
    if not pc.any(pc.equal(kinds, TEXT.name)).as_py():
        return {}
    rows = items.filter(pc.is_in(kinds, value_set=pa.array([TEXT.name, VIDEO.name])))
    return match_subtitles(map(Item.from_row, rows.to_pylist()))


def match_subtitles(items: Iterable[Item]) -> dict[str, Item]:
    """{id of subtitles: their video} of those that lie beside one: `film.srt` or `film.en.srt` beside `film.mp4`.

    The seconds of the passages of such an item (`Library.passages`) are those of the video.
    """
    items = list(items)
    videos = {fold_stem(item.path): item for item in items if item.kind == VIDEO.name}
    found: dict[str, Item] = {}
    for item in items:
        if item.kind == TEXT.name and os.path.splitext(item.path)[1].lower() in SUBTITLE_SUFFIXES:
            name = item.path
            for _ in range(_MOST_TAGS + 1):
                name = os.path.splitext(name)[0]
                if video := videos.get(name.casefold()):
                    found[item.id] = video
                    break
    return found
