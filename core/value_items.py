"""The number that a head predicts of each item of a library (others: `core.gathered`), and these answers as a file."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from core.classify_items import tracks_of
from core.csv_text import csv_text
from core.encoders.base import Encoder
from core.filters import Filters
from core.heads import Head
from core.library.schema import Item
from core.library.store import Library
from core.progress import OnProgress


@dataclass(frozen=True)
class Valued:
    """One answer. what: a path, or a text itself. value: in the unit of what the head learned from.

    item: where it is one of a library, or a file.
    """

    what: str
    value: float
    item: Item | None = None


def value_library(
    library: Library,
    encoder: Encoder,
    head: Head,
    *,
    filters: Filters | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> list[Valued]:
    """Predicts a number of the pictures and then the videos of a library, by their stored vectors.

    A video has one number, that of its mean over time, as heads learn from it. Ends early, with what there is, when
    `cancel` is set. Raises LibraryError, and DataError for a head that tells classes.
    """
    valued: list[Valued] = []
    for items, track in tracks_of(library, encoder, filters=filters, on_progress=on_progress, cancel=cancel):
        values = head.values(track.whole()[None] if track.timed else track.vectors).tolist()
        valued += [Valued(item.path, value, item) for item, value in zip(items, values, strict=True)]
    return valued


def values_csv(valued: Sequence[Valued]) -> str:
    """The answers as CSV with a header: what, value."""
    return csv_text([("what", "value"), *((each.what, f"{each.value:.6g}") for each in valued)])
