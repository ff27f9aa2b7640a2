"""Predicts classes and numbers for library items; for other files and texts see `core.classify.embedded_set`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.classify.heads import Head
from core.classify.zero_shot import Classifier, Predictions, predict_video
from core.deprecated import renamed_attribute, task_keywords
from core.encoders.base import Encoder
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.library.track import Track
from core.previews.notebook import Card, card_of_item, show_cards
from core.progress import SILENT, Task
from core.search.relevance import LIKELY
from core.utils.tables import Redact, csv_text

_CHUNK = 16_384  # pictures per batch


@dataclass(frozen=True)
class Prediction:
    """The predicted class of one item.

    Parameters
    ----------
    source : str
        Path of the item, or the text itself.
    label : str
        A class, or "none of these".
    probability : float
        Of the best class, 0 to 1.
    in_class_probability : float
        0 to 1, see `Predictions`.
    probabilities : array of float, shape (c,)
        Of all classes.
    item : Item or None
        None for a text.
    """

    source: str
    label: str
    probability: float
    in_class_probability: float
    probabilities: NDArray[np.float32]
    item: Item | None = None
    fits = renamed_attribute("fits", "in_class_probability")
    what = renamed_attribute("what", "source")

    def to_card(self) -> Card:
        """What a notebook shows of it."""
        note = f"{self.label} · fits {self.in_class_probability:.0%}"
        return Card(self.source, note) if self.item is None else card_of_item(self.item, note)

    def _repr_html_(self) -> str:
        return show_cards([self.to_card()], heading="A prediction")

    @property
    def id(self) -> str:
        """The key of its labels: the id of the item, or the text itself."""
        return self.item.id if self.item else self.source


def make_predictions(
    predictions: Predictions, sources: Sequence[str], items: Sequence[Item | None], threshold: float
) -> list[Prediction]:
    """One `Prediction` per row of `Predictions`. sources, items: (n,), see `Prediction`."""
    labels, in_class = predictions.labels(threshold=threshold), predictions.in_class_probability.tolist()
    return [
        Prediction(source, label, float(row.max()), probability, row, item)
        for source, label, row, probability, item in zip(
            sources, labels, predictions.probabilities, in_class, items, strict=True
        )
    ]


@task_keywords
def classify_library(
    library: Library,
    encoder: Encoder,
    classifier: Classifier,
    *,
    filters: Filters | None = None,
    threshold: float = LIKELY,
    task: Task = SILENT,
) -> list[Prediction]:
    """Classifies the items of a library by their stored vectors.

    Parameters
    ----------
    classifier : ZeroShot or Head
    filters : Filters, optional
        Classify these items only.
    threshold : float
        Items with a lower in-class probability are "none of these".
    task : Task, optional
        Ends early with the predictions so far.

    Returns
    -------
    list of Prediction
        Pictures, then videos.

    Raises
    ------
    LibraryError
    """
    predictions: list[Prediction] = []
    for items, track in iter_tracks(library, encoder, filters=filters, task=task):
        batch = predict_video(classifier, track)[0] if track.timed else classifier.predict(track.vectors)
        predictions += make_predictions(batch, [item.path for item in items], items, threshold)
    return predictions


def iter_tracks(
    library: Library, encoder: Encoder, *, filters: Filters | None = None, task: Task = SILENT
) -> Iterator[tuple[list[Item], Track]]:
    """The stored vectors of the items that pass the filters: batches of pictures, one row each and without times, then
    each video. Ends early when `task` is cancelled. Raises LibraryError.
    """
    index = library.index(encoder)
    mask = (filters or Filters()).mask(index.items, library)
    parts = _parts(index, np.ones(len(index.items), bool) if mask is None else mask)
    stage = task.stage("classify", "parts")
    for done, numbers in enumerate(parts, start=1):
        if task.is_cancelled:
            return
        track = Track(index.start_s[numbers], index.end_s[numbers], index.vectors(numbers))
        rows = index.items.take(index.item_rows[numbers[:1] if track.timed else numbers])
        yield [Item.from_row(row) for row in rows.to_pylist()], track
        stage.report(done, len(parts))


def _parts(index: VectorIndex, mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Vector numbers of the items in a mask (items,): batches of pictures, then each video in temporal order."""
    pictures = np.flatnonzero(mask[index.item_rows] & ~index.has_segment)
    frames = index.in_time[mask[index.item_rows[index.in_time]]]
    videos = np.split(frames, np.flatnonzero(np.diff(index.item_rows[frames])) + 1)
    return [part for part in (*np.split(pictures, range(_CHUNK, len(pictures), _CHUNK)), *videos) if len(part)]


@dataclass(frozen=True)
class ValuePrediction:
    """The predicted number of one item.

    Parameters
    ----------
    source : str
        Path of the item, or the text itself.
    value : float
        In the unit of the training values.
    item : Item or None
        None for a text.
    """

    source: str
    value: float
    item: Item | None = None
    what = renamed_attribute("what", "source")

    def to_card(self) -> Card:
        """What a notebook shows of it."""
        note = f"{self.value:.6g}"
        return Card(self.source, note) if self.item is None else card_of_item(self.item, note)

    def _repr_html_(self) -> str:
        return show_cards([self.to_card()], heading="A prediction")


@task_keywords
def predict_library_values(
    library: Library, encoder: Encoder, head: Head, *, filters: Filters | None = None, task: Task = SILENT
) -> list[ValuePrediction]:
    """Predicts a number for the items of a library by their stored vectors.

    A video has the number of its mean vector over time, from which heads also learn.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    head : NumberHead
    filters : Filters, optional
    task : Task, optional
        Ends early with the predictions so far.

    Returns
    -------
    list of ValuePrediction
        Pictures, then videos.

    Raises
    ------
    LibraryError
        The library cannot be read.
    DataError
        The head predicts classes.
    """
    predictions: list[ValuePrediction] = []
    for items, track in iter_tracks(library, encoder, filters=filters, task=task):
        values = head.values(track.mean_vector()[None] if track.timed else track.vectors).tolist()
        predictions += [ValuePrediction(item.path, value, item) for item, value in zip(items, values, strict=True)]
    return predictions


def values_csv(predictions: Sequence[ValuePrediction], *, redact: Redact) -> str:
    """Predicted numbers as CSV.

    Parameters
    ----------
    predictions : sequence of ValuePrediction
    redact : callable
        Hides parts of paths, see `core.policy`.

    Returns
    -------
    str
        With the columns what, value.
    """
    rows = [("what", "value"), *((prediction.source, f"{prediction.value:.6g}") for prediction in predictions)]
    return csv_text(rows, redact=redact)
