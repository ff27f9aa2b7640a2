"""Whether an item belongs to its best class at all, by a trained head: what the words say, corrected by the labels.

The zero-shot estimate is the prior. Labels correct it in two ways, both the more the more of them a class has. Where
the words get the labels wrong, the estimate turns to how near an item is to the labeled ones. And the line of a class
moves down until it accepts four of five of its own labels, as in conformal prediction (Vovk et al. 2005), each judged
without itself. It never moves up: people label what is easy to see, which says little about the rest. A class without
labels keeps the zero-shot estimate.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.classify.class_words import ClassWords
from core.encoders.base import Vectors
from core.search.relevance import LIKELY

# Weight and intercept of the logit of `similarity_logits`. Measured on ten classes of photos: five or nine were learned
# from 4 to 12 samples each, and tested against photos of the others.
_SIMILARITY_WEIGHTS = (4.06, -3.41)
_REFUSED = 0.2  # share of its own labels that a class may refuse
_PRIOR_LABELS = 5.0  # of a class, for which the zero-shot estimate counts
_LARGEST_LOGIT = 60.0


def measure_classes(vectors: Vectors, numbers: NDArray[np.int64], classes: int) -> dict[str, NDArray[np.float32]]:
    """The arrays "means" and "levels" of a `ClassHead`: the mean of each class, and the mean cosines of items of
    different classes and of the same class.

    The cosines of all pairs of n unit vectors with sum s add up to |s|^2 - n. A class without items has a mean of 0.
    """
    counts = np.bincount(numbers, minlength=classes)
    sums = np.zeros((classes, vectors.shape[1]))
    np.add.at(sums, numbers, vectors)
    squares, pairs = (sums**2).sum(), (counts**2).sum()
    between = ((sums.sum(axis=0) ** 2).sum() - squares) / max(len(vectors) ** 2 - pairs, 1)
    within = (squares - len(vectors)) / max(pairs - len(vectors), 1) if pairs > len(vectors) else between
    means = sums / np.maximum(counts, 1)[:, None]
    return {"means": means.astype(np.float32), "levels": np.array([between, within], np.float32)}


def calibrate_in_class(
    words: ClassWords,
    vectors: Vectors,
    numbers: NDArray[np.int64],
    measured: Mapping[str, NDArray[np.float32]],
    word_accuracy: float,
) -> dict[str, NDArray[np.float32]]:
    """The arrays "prototypes" (c, dim), "similarity_shares" (c,) and "shifts" (c,) of a `ClassHead`.

    In a library also "library_shifts" (c,): the shifts of what its words say there.

    Parameters
    ----------
    words : ClassWords
        Of the c classes of the head, in its order.
    vectors : array of float, shape (n, dim)
        Unit rows of the labeled items.
    numbers : array of int64, shape (n,)
        Their classes.
    measured : mapping of str to array
        What `measure_classes` found.
    word_accuracy : float
        Share of the labels that zero-shot gets right, 0 to 1.
    """
    counts = np.bincount(numbers, minlength=len(words.vectors))
    weight = counts / (counts + _PRIOR_LABELS)
    shares = np.where(counts > 1, weight * (1.0 - word_accuracy) ** 2, 0.0)
    cosines = np.einsum("nd,nd->n", vectors, measured["means"][numbers])
    own = np.maximum(counts[numbers], 2)
    others = (own * cosines - 1.0) / (own - 1)  # with the other labeled items of the class
    near = similarity_logits(others, measured["levels"])

    def find_shifts(words: ClassWords) -> NDArray[np.float64]:
        logits = word_logits(words, vectors, numbers)
        logits += shares[numbers] * (near - logits)
        shifts, line = np.zeros(len(counts)), np.log(LIKELY / (1.0 - LIKELY))
        for number in np.flatnonzero(counts):
            shifts[number] = max(0.0, line - np.quantile(logits[numbers == number], _REFUSED)) * weight[number]
        return shifts

    arrays = {"prototypes": words.vectors, "similarity_shares": shares, "shifts": find_shifts(words.apart())}
    if words.index is not None:
        arrays["library_shifts"] = find_shifts(words)
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def estimate_in_class(
    words: ClassWords, arrays: Mapping[str, NDArray[np.float32]], vectors: Vectors, best: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(n,), 0 to 1: probability that each item belongs to its best class. arrays: of a head with these words."""
    logits = word_logits(words, vectors, best)
    cosines = np.einsum("nd,nd->n", vectors, arrays["means"][best])
    shares = arrays["similarity_shares"][best]
    shifts = arrays["shifts"] if words.index is None else arrays.get("library_shifts", arrays["shifts"])
    logits += shares * (similarity_logits(cosines, arrays["levels"]) - logits) + shifts[best]
    return to_probabilities(logits)


def word_logits(words: ClassWords, vectors: Vectors, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n,) the zero-shot estimate that the class of each item describes it, as a logit."""
    probability = words.in_class_probability(vectors, numbers, words.match(vectors, numbers)).astype(np.float64)
    probability = np.clip(probability, 1e-9, 1.0 - 1e-9)
    return np.asarray(np.log(probability) - np.log1p(-probability), np.float64)


def similarity_logits(cosines: NDArray[np.floating], levels: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) how near items are to the labeled ones of a class, as a logit.

    cosines: (n,) mean cosines with them. levels: (2,) the mean cosine of labeled items of different classes, which
    counts as 0, and of the same class, which counts as 1.
    """
    between, within = levels
    weight, intercept = _SIMILARITY_WEIGHTS
    return np.asarray(weight * (cosines - between) / max(within - between, 1e-2) + intercept, np.float64)


def to_probabilities(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Logistic function."""
    return (1.0 / (1.0 + np.exp(-np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT)))).astype(np.float32)
