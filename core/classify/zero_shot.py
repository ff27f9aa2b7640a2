"""Zero-shot classification: pictures, videos and texts against classes that are only named or described.

A class is the mean of the embeddings of its prompts (Radford et al. 2021, section 3.1.4; descriptions after Menon and
Vondrick 2022). The encoder's scoring turns similarities into probabilities. An item that the reference prompts describe
better than its best class is "none of these".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Scoring, Vectors, unit_rows
from core.encoders.prompts import embed_texts
from core.errors import QueryError
from core.library.track import Track
from core.search.concepts import load_concept
from core.search.query import CONCEPT
from core.search.relevance import LIKELY, description_probability

NONE = "none of these"
TEXT_TEMPLATES = ("{}", "a text about {}", "an article on {}", "news about {}")  # prompts of classes for texts
_CHUNK = 4_096  # items per batch, which limits the memory for similarities
_LOG_SCALE = np.log(500.0)  # upper bound of a calibrated scale, which grows without limit if all labels are predicted


@dataclass(frozen=True, slots=True)
class ClassName:
    """A class: its name, and descriptions that each count as much as the name.

    `concept:NAME`, as name or description, is a concept learned from examples (see `core.search.concepts`). negative:
    items that fit this class best are "none of these".
    """

    name: str
    descriptions: tuple[str, ...] = ()
    negative: bool = False


@dataclass(frozen=True)
class Predictions:
    """Predicted classes of n items.

    Parameters
    ----------
    names : tuple of str
        The c classes.
    negative : array of bool, shape (c,)
        Classes that mean "none of these".
    probabilities : array of float, shape (n, c)
        0 to 1, by the scoring of the encoder.
    in_class_probability : array of float, shape (n,)
        0 to 1, the estimated probability that the item belongs to its best class at all.
    """

    names: tuple[str, ...]
    negative: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    in_class_probability: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def best(self) -> NDArray[np.int64]:
        """(n,) the number of each item's most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    def labels(self, *, threshold: float = LIKELY) -> list[str]:
        """Each item's class, or "none of these" below the threshold and for negative classes."""
        none = self.negative[self.best] | (self.in_class_probability < threshold)
        return [NONE if no else self.names[number] for number, no in zip(self.best, none, strict=True)]


class Classifier(Protocol):
    """Predicts classes: `ZeroShot`, or a trained head."""

    @property
    def names(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        ...

    def predict(self, vectors: Vectors) -> Predictions:
        """The classes of unit vectors (n, dim)."""
        ...


@dataclass(frozen=True)
class ZeroShot:
    """Zero-shot classifier. vectors: (c, dim) unit rows of the classes. scoring: of the encoder, or calibrated."""

    encoder: Encoder
    classes: tuple[ClassName, ...]
    vectors: Vectors
    scoring: Scoring

    @classmethod
    def of(cls, encoder: Encoder, classes: Sequence[ClassName], *, templates: Sequence[str] | None = None) -> ZeroShot:
        """Embeds the classes. templates: of the prompts; None takes the encoder's. Raises as `check_classes`."""
        classes = check_classes(classes)
        return cls(encoder, classes, embed_classes(encoder, classes, templates=templates), encoder.scoring)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes; concepts without "concept:"."""
        return tuple(entry.name.removeprefix(CONCEPT) for entry in self.classes)

    def predict(self, vectors: Vectors) -> Predictions:
        """The classes of unit vectors (n, dim)."""
        probabilities = np.empty((len(vectors), len(self.classes)), np.float32)
        best = np.empty(len(vectors), np.int64)
        for first in range(0, len(vectors), _CHUNK):
            chunk = slice(first, first + _CHUNK)
            similarities = vectors[chunk] @ self.vectors.T
            probabilities[chunk] = self.scoring.probabilities(similarities)
            best[chunk] = similarities.argmax(axis=1)
        _break_ties(probabilities, best)
        fits = description_probability(self.encoder, self.vectors, vectors, best)
        negative = np.array([entry.negative for entry in self.classes], bool)
        return Predictions(self.names, negative, probabilities, fits)

    def calibrated(self, vectors: Vectors, labels: Sequence[str]) -> ZeroShot:
        """The same classes with a scoring calibrated on items, whose predictions stay the same.

        Softmax: temperature scaling. Sigmoid: scale and bias, fitted to every pair of item and class.

        Parameters
        ----------
        vectors : array of float, shape (n, dim)
            Unit rows.
        labels : sequence of str, length n
            True classes.

        Raises
        ------
        QueryError
            For a label that is no class, or no items.

        References
        ----------
        Guo et al. 2017, "On calibration of modern neural networks". Platt 1999.
        """
        from scipy.optimize import minimize

        if len(labels) == 0:
            raise QueryError("Calibration needs labelled items.")
        numbers = get_class_numbers(labels, self.names)
        similarities = vectors @ self.vectors.T
        rows = np.arange(len(numbers))
        alone = self.scoring.activation == "sigmoid"

        def scoring(fit: NDArray[np.float64]) -> Scoring:
            scale = float(np.exp(np.clip(fit[0], 0.0, _LOG_SCALE)))
            return replace(self.scoring, scale=scale, bias=float(fit[1]) if alone else self.scoring.bias)

        def loss(fit: NDArray[np.float64]) -> float:
            likely = np.clip(scoring(fit).probabilities(similarities).astype(np.float64), 1e-9, 1 - 1e-9)
            own = likely[rows, numbers]
            rest = np.log1p(-likely).sum(axis=1) - np.log1p(-own) if alone else 0.0
            return float(-(np.log(own) + rest).mean())

        start = [np.log(self.scoring.scale), *([self.scoring.bias] if alone else [])]
        return replace(self, scoring=scoring(minimize(loss, start, method="Nelder-Mead").x))


def _break_ties(probabilities: NDArray[np.float32], best: NDArray[np.int64]) -> None:
    """Sigmoids saturate at 1: lowers, in place, probabilities equal to that of the best class by one float."""
    own = np.take_along_axis(probabilities, best[:, None], axis=1)
    tied = probabilities >= own
    np.put_along_axis(tied, best[:, None], False, axis=1)
    np.copyto(probabilities, np.nextafter(own, np.float32(0)), where=tied)


def predict_video(classifier: Classifier, track: Track) -> tuple[Predictions, Predictions]:
    """(prediction of the whole video, predictions of its rows). Its probabilities are the mean over time.

    Its in-class probability is the upper quartile among the rows of its class: a subject need not be seen throughout.
    """
    rows = classifier.predict(track.vectors)
    lengths = np.maximum(track.end_s - track.start_s, 1e-3)
    mean = (lengths @ rows.probabilities / lengths.sum())[None].astype(np.float32)
    own = rows.in_class_probability[rows.best == int(mean.argmax())]
    fit = np.quantile(own, 0.75) if len(own) else 0.0
    return Predictions(rows.names, rows.negative, mean, np.array([fit], np.float32)), rows


def embed_classes(encoder: Encoder, classes: Sequence[ClassName], *, templates: Sequence[str] | None = None) -> Vectors:
    """(c, dim) unit rows: the mean of name and descriptions of each class, each in all templates."""
    prompts = [(number, text) for number, entry in enumerate(classes) for text in (entry.name, *entry.descriptions)]
    words = [(number, text) for number, text in prompts if not text.startswith(CONCEPT)]
    sums = np.zeros((len(classes), encoder.dim), np.float32)
    np.add.at(
        sums, [number for number, _ in words], embed_texts(encoder, [text for _, text in words], templates=templates)
    )
    for number, text in prompts:
        if text.startswith(CONCEPT):
            sums[number] += load_concept(encoder, text.removeprefix(CONCEPT)).vector
    return unit_rows(sums)


def check_classes(classes: Sequence[ClassName]) -> tuple[ClassName, ...]:
    """The classes, trimmed. Raises QueryError for no classes, an empty name, or a name that occurs twice."""
    trimmed = tuple(
        replace(
            entry,
            name=entry.name.strip(),
            descriptions=tuple(text.strip() for text in entry.descriptions if text.strip()),
        )
        for entry in classes
    )
    names = [entry.name.removeprefix(CONCEPT) for entry in trimmed]
    if not names:
        raise QueryError("There are no classes: name at least one.")
    if not all(names):
        raise QueryError("A class has no name.")
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise QueryError(f"The class {name!r} is there {count} times: give each class one row.")
    return trimmed


def get_class_numbers(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """(n,) the number of each label's class. Raises QueryError for a label that is no class."""
    places = {name: number for number, name in enumerate(names)}
    unknown = sorted(set(labels) - set(places))
    if unknown:
        raise QueryError(f"The label {unknown[0]!r} is not among the classes.")
    return np.array([places[label] for label in labels], np.int64)
