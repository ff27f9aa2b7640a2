"""Zero-shot classification of pictures, videos and texts: classes are only named or described.

A class is the mean of the embeddings of its prompts (Radford et al. 2021, section 3.1.4; descriptions after Menon and
Vondrick 2022). The encoder's scoring turns similarities into probabilities. An item that the reference prompts describe
better than its best class is "none of these". So is one, among the items of a library, that a search of it for the
words of the class would not call likely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.classify.class_words import ClassWords
from core.encoders.base import Encoder, Scoring, Vectors, unit_rows
from core.encoders.prompts import embed_texts
from core.errors import QueryError
from core.library.index import VectorIndex
from core.library.track import Track
from core.search.concepts import load_concept
from core.search.query import CONCEPT
from core.search.relevance import LIKELY

NONE = "none of these"
TEXT_TEMPLATES = ("{}", "a text about {}", "an article on {}", "news about {}")  # to classify texts
_CHUNK = 4_096  # items per batch, which limits the memory for similarities
_LOG_SCALE = np.log(500.0)  # upper bound of a calibrated scale, which diverges if all predictions are correct


@dataclass(frozen=True, slots=True)
class ClassName:
    """A class: a name, and descriptions with the same weight as the name.

    Attributes
    ----------
    name : str
        "concept:NAME", here or in descriptions, is a concept learned from examples; see `core.search.concepts`.
    descriptions : tuple of str
    negative : bool
        Whether items of this class are "none of these".
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
        0 to 1, the estimated probability that the item belongs to its best class rather than to none.
    match : array of float, shape (n,), optional
        0 to 1, the match of a search for the words of the best class, in the library of the items. None: there is no
        library, the matches of the encoder were not measured, or the classes were learned.
    """

    names: tuple[str, ...]
    negative: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    in_class_probability: NDArray[np.float32]
    match: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def best(self) -> NDArray[np.int64]:
        """(n,) the number of each item's most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    def labels(self, *, threshold: float = LIKELY) -> list[str]:
        """Each item's class, or "none of these" below the threshold and for negative classes."""
        is_none = self.negative[self.best] | (self.in_class_probability < threshold)
        return [NONE if none else self.names[number] for number, none in zip(self.best, is_none, strict=True)]


class Classifier(Protocol):
    """Predicts classes; a `ZeroShot` or a trained head."""

    @property
    def names(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        ...

    def predict(self, vectors: Vectors) -> Predictions:
        """The classes of unit vectors (n, dim)."""
        ...

    def within(self, index: VectorIndex) -> Classifier:
        """The same classifier for items of a library, which says what a match of its words is worth."""
        ...


@dataclass(frozen=True)
class ZeroShot:
    """A zero-shot classifier, see `ZeroShot.of`.

    Attributes
    ----------
    encoder : Encoder
    classes : tuple of ClassName
    vectors : array of float, shape (c, dim)
        Unit rows of the classes.
    scoring : Scoring
        That of the encoder, or a calibrated one.
    index : VectorIndex, optional
        Of the library that the items belong to, see `within`.
    """

    encoder: Encoder
    classes: tuple[ClassName, ...]
    vectors: Vectors
    scoring: Scoring
    index: VectorIndex | None = None

    @classmethod
    def of(cls, encoder: Encoder, classes: Sequence[ClassName], *, templates: Sequence[str] | None = None) -> ZeroShot:
        """Embeds the classes. templates: prompts, by default the encoder's. Raises like `check_classes`."""
        classes = check_classes(classes)
        return cls(encoder, classes, embed_classes(encoder, classes, templates=templates), encoder.scoring)

    @property
    def names(self) -> tuple[str, ...]:
        """The classes; concepts without "concept:"."""
        return tuple(class_name.name.removeprefix(CONCEPT) for class_name in self.classes)

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
        match = self.words.match(vectors, best)
        in_class = self.words.in_class_probability(vectors, best, match)
        negative = np.array([class_name.negative for class_name in self.classes], bool)
        return Predictions(self.names, negative, probabilities, in_class, match)

    @cached_property
    def words(self) -> ClassWords:
        """Says how probable it is that the words of a class describe an item."""
        return ClassWords(self.encoder, self.vectors, self.index)

    def within(self, index: VectorIndex) -> ZeroShot:
        """The same classes for items of a library: their match is that of a search of it for the same words."""
        return replace(self, index=index)

    def calibrated(self, vectors: Vectors, labels: Sequence[str]) -> ZeroShot:
        """The same classes with a scoring calibrated on labeled items; predictions stay the same.

        Softmax: temperature scaling [1]_. Sigmoid: scale and bias [2]_, fitted to every pair of item and class.

        Parameters
        ----------
        vectors : array of float, shape (n, dim)
            Unit rows.
        labels : sequence of str, length n
            True classes.

        Returns
        -------
        ZeroShot

        Raises
        ------
        QueryError
            A label is not a class, or there are no items.

        References
        ----------
        .. [1] Guo et al. 2017, "On calibration of modern neural networks"
        .. [2] Platt 1999, "Probabilistic outputs for support vector machines"
        """
        from scipy.optimize import minimize

        if len(labels) == 0:
            raise QueryError("Calibration needs labeled items.")
        numbers = get_class_numbers(labels, self.names)
        similarities = vectors @ self.vectors.T
        rows = np.arange(len(numbers))
        is_sigmoid = self.scoring.activation == "sigmoid"

        def scoring(parameters: NDArray[np.float64]) -> Scoring:
            scale = float(np.exp(np.clip(parameters[0], 0.0, _LOG_SCALE)))
            return replace(self.scoring, scale=scale, bias=float(parameters[1]) if is_sigmoid else self.scoring.bias)

        def loss(parameters: NDArray[np.float64]) -> float:
            probabilities = scoring(parameters).probabilities(similarities).astype(np.float64)
            probabilities = np.clip(probabilities, 1e-9, 1 - 1e-9)
            correct = probabilities[rows, numbers]
            others = np.log1p(-probabilities).sum(axis=1) - np.log1p(-correct) if is_sigmoid else 0.0
            return float(-(np.log(correct) + others).mean())

        start = [np.log(self.scoring.scale), *([self.scoring.bias] if is_sigmoid else [])]
        return replace(self, scoring=scoring(minimize(loss, start, method="Nelder-Mead").x))


def _break_ties(probabilities: NDArray[np.float32], best: NDArray[np.int64]) -> None:
    """Lowers, in place, probabilities equal to that of the best class by one float: sigmoids saturate at 1."""
    highest = np.take_along_axis(probabilities, best[:, None], axis=1)
    tied = probabilities >= highest
    np.put_along_axis(tied, best[:, None], False, axis=1)
    np.copyto(probabilities, np.nextafter(highest, np.float32(0)), where=tied)


def predict_video(classifier: Classifier, track: Track) -> tuple[Predictions, Predictions]:
    """Predicts the classes of a video from its rows.

    Parameters
    ----------
    classifier : Classifier
    track : Track

    Returns
    -------
    (Predictions, Predictions)
        Of the whole video, with the mean probabilities over time, and of its rows. The in-class probability of the
        video is the upper quartile among the rows of its class, as a subject need not be visible throughout; its match
        is that of the best of them.
    """
    rows = classifier.predict(track.vectors)
    lengths = np.maximum(track.end_s - track.start_s, 1e-3)
    mean = (lengths @ rows.probabilities / lengths.sum())[None].astype(np.float32)
    own = rows.best == int(mean.argmax())
    upper_quartile = np.quantile(rows.in_class_probability[own], 0.75) if own.any() else 0.0
    match = None if rows.match is None else np.array([rows.match[own].max(initial=0.0)], np.float32)
    return Predictions(rows.names, rows.negative, mean, np.array([upper_quartile], np.float32), match), rows


def embed_classes(encoder: Encoder, classes: Sequence[ClassName], *, templates: Sequence[str] | None = None) -> Vectors:
    """Vectors of classes: means of name and descriptions, each in all templates.

    Parameters
    ----------
    encoder : Encoder
    classes : sequence of ClassName, length c
    templates : sequence of str, optional
        Default: the encoder's.

    Returns
    -------
    array of float, shape (c, dim)
        Unit rows.

    Raises
    ------
    DataError
        A concept does not exist.
    """
    prompts = [(number, text) for number, name in enumerate(classes) for text in (name.name, *name.descriptions)]
    words = [(number, text) for number, text in prompts if not text.startswith(CONCEPT)]
    vectors = embed_texts(encoder, [text for _, text in words], templates=templates)
    sums = np.zeros((len(classes), encoder.dim), np.float32)
    np.add.at(sums, [number for number, _ in words], vectors)
    for number, text in prompts:
        if text.startswith(CONCEPT):
            sums[number] += load_concept(encoder, text.removeprefix(CONCEPT)).vector
    return unit_rows(sums)


def check_classes(classes: Sequence[ClassName]) -> tuple[ClassName, ...]:
    """Trims names and descriptions of classes.

    Parameters
    ----------
    classes : sequence of ClassName

    Returns
    -------
    tuple of ClassName

    Raises
    ------
    QueryError
        There are no classes, a name is empty, or a name occurs twice.
    """
    trimmed = tuple(
        replace(
            class_name,
            name=class_name.name.strip(),
            descriptions=tuple(text.strip() for text in class_name.descriptions if text.strip()),
        )
        for class_name in classes
    )
    names = [class_name.name.removeprefix(CONCEPT) for class_name in trimmed]
    if not names:
        raise QueryError("There are no classes: name at least one.")
    if not all(names):
        raise QueryError("A class has no name.")
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise QueryError(f"The class {name!r} occurs {count} times: give each class one row.")
    return trimmed


def get_class_numbers(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """Class numbers of labels.

    Parameters
    ----------
    labels : sequence of str, length n
    names : sequence of str
        The classes.

    Returns
    -------
    array of int64, shape (n,)

    Raises
    ------
    QueryError
        A label is not a class.
    """
    numbers = {name: number for number, name in enumerate(names)}
    unknown = sorted(set(labels) - set(numbers))
    if unknown:
        raise QueryError(f"The label {unknown[0]!r} is not among the classes.")
    return np.array([numbers[label] for label in labels], np.int64)
