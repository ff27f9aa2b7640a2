"""The number that a head predicts of each item of a library (others: `core.gathered`), and these answers as a file."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from core.classify_items import iter_tracks
from core.encoders.base import Encoder
from core.heads import Head
from core.library.filters import Filters
from core.library.schema import Item
from core.library.store import Library
from core.progress import OnProgress
from core.utils.tables import csv_text


@dataclass(frozen=True)
class ValuePrediction:
    """One answer. what: a path, or a text itself. value: in the unit of what the head learned from.

    item: where it is one of a library, or a file.
    """

    source: str
    value: float
    item: Item | None = None


def predict_library_values(
    library: Library,
    encoder: Encoder,
    head: Head,
    *,
    filters: Filters | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> list[ValuePrediction]:
    """Predicts a number of the pictures and then the videos of a library, by their stored vectors.

    A video has one number, that of its mean over time, as heads learn from it. Ends early, with what there is, when
    `cancel` is set. Raises LibraryError, and DataError for a head that tells classes.
    """
    valued: list[ValuePrediction] = []
    for items, track in iter_tracks(library, encoder, filters=filters, on_progress=on_progress, cancel=cancel):
        values = head.values(track.mean_vector()[None] if track.timed else track.vectors).tolist()
        valued += [ValuePrediction(item.path, value, item) for item, value in zip(items, values, strict=True)]
    return valued


def values_csv(valued: Sequence[ValuePrediction]) -> str:
    """The answers as CSV with a header: what, value."""
    return csv_text([("what", "value"), *((entry.source, f"{entry.value:.6g}") for entry in valued)])
