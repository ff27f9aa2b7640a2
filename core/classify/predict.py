"""The items of a library told into classes (others: `core.classify.embedded_set`), classes from a table, answers as
files.

Numbers instead of classes: `core.classify.predict`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.classify.heads import Head
from core.classify.zero_shot import Classifier, Predictions, predict_video
from core.deprecated import renamed_attribute
from core.encoders.base import Encoder
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.library.track import Track
from core.progress import OnProgress, Progress
from core.search.relevance import LIKELY
from core.utils.tables import Redact, csv_text

_CHUNK = 16_384  # pictures at a time


@dataclass(frozen=True)
class Prediction:
    """One answer. what: a path, or a text itself. label: a class, or "none of these". probability: of the best class.

    fits: see `Predictions`. probabilities: (c,), of all classes. item: where it is one of a library.
    """

    source: str
    label: str
    probability: float
    in_class_probability: float
    probabilities: NDArray[np.float32]
    item: Item | None = None
    fits = renamed_attribute("fits", "in_class_probability")
    what = renamed_attribute("what", "source")

    @property
    def id(self) -> str:
        """What a person's label of it is kept under: the id of the item; of a text the text itself."""
        return self.item.id if self.item else self.source


def make_predictions(
    found: Predictions, whats: Sequence[str], items: Sequence[Item | None], threshold: float
) -> list[Prediction]:
    """The predictions of n items as answers. whats, items: (n,), see `Told`."""
    labels = found.labels(threshold=threshold)
    return [
        Prediction(what, label, float(row.max()), float(fits), row, item)
        for what, label, row, fits, item in zip(
            whats, labels, found.probabilities, found.in_class_probability, items, strict=True
        )
    ]


def classify_library(
    library: Library,
    encoder: Encoder,
    classifier: Classifier,
    *,
    filters: Filters | None = None,
    threshold: float = LIKELY,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> list[Prediction]:
    """Tells the pictures and then the videos of a library into classes, by their stored vectors.

    Ends early, with what there is, when `cancel` is set. Raises LibraryError.
    """
    predictions: list[Prediction] = []
    for items, track in iter_tracks(library, encoder, filters=filters, on_progress=on_progress, cancel=cancel):
        found = predict_video(classifier, track)[0] if track.timed else classifier.predict(track.vectors)
        predictions += make_predictions(found, [item.path for item in items], items, threshold)
    return predictions


def iter_tracks(
    library: Library,
    encoder: Encoder,
    *,
    filters: Filters | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[tuple[list[Item], Track]]:
    """The stored vectors of the items that pass the filters: of many pictures at a time one row each, without seconds,
    and then of each video, alone, its rows. Ends early when `cancel` is set. Raises LibraryError.
    """
    index = library.index(encoder)
    mask = (filters or Filters()).mask(index.items, library)
    parts = _parts(index, np.ones(len(index.items), bool) if mask is None else mask)
    started = time.monotonic()
    for done, numbers in enumerate(parts, start=1):
        if cancel is not None and cancel.is_set():
            return
        track = Track(index.start_s[numbers], index.end_s[numbers], index.vectors(numbers))
        rows = index.items.take(index.item_rows[numbers[:1] if track.timed else numbers])
        yield [Item.from_row(row) for row in rows.to_pylist()], track
        if on_progress:
            on_progress(Progress("classify", done, len(parts), time.monotonic() - started, "parts"))


def _parts(index: VectorIndex, cached: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The numbers of the vectors of kept items (items,): of many pictures at a time, and of each video, by time."""
    pictures = np.flatnonzero(cached[index.item_rows] & np.isnan(index.start_s))
    frames = index.in_time[cached[index.item_rows[index.in_time]]]
    videos = np.split(frames, np.flatnonzero(np.diff(index.item_rows[frames])) + 1)
    return [part for part in (*np.split(pictures, range(_CHUNK, len(pictures), _CHUNK)), *videos) if len(part)]


@dataclass(frozen=True)
class ValuePrediction:
    """One answer. what: a path, or a text itself. value: in the unit of what the head learned from.

    item: where it is one of a library, or a file.
    """

    source: str
    value: float
    item: Item | None = None
    what = renamed_attribute("what", "source")


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


def values_csv(valued: Sequence[ValuePrediction], *, redact: Redact) -> str:
    """The answers as CSV with a header: what, value."""
    rows = [("what", "value"), *((entry.source, f"{entry.value:.6g}") for entry in valued)]
    return csv_text(rows, redact=redact)
