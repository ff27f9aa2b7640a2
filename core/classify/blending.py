"""How much the labels count beside the words: the share of each in a blend, chosen by cross-validation on the labels.

The evidence of the labels is a ridge regression onto the labeled classes, whose cross-validation has a closed form:
with the hat matrix H of the regression, rows m that are left out together have the residuals (I - H_mm)^-1 (y - H y)_m
(Cook and Weisberg 1982). Folds leave out one label of each class; classes left out as a whole say what evidence an item
of a class without labels has by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors

_RIDGE = 0.5  # accuracy is flat from 0.3 to 1 on ten sets of photos
_FOLDS = 10  # at most
_ROWS = 1_000  # labels on which the shares are compared, at most
_WORD_SHARES = np.array([0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0, 1.4, 2.0, 2.8])
_LABEL_SHARES = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 15.0, 20.0, 27.0, 36.0, 48.0])
# What the labels count for before they are cross-validated: the more, the more of them the words get wrong.
_LEAST_SHARE, _SHARE_OF_ERRORS = 0.5, 28.0


@dataclass(frozen=True, slots=True)
class Blend:
    """Words and labels in one classifier: logits are word_share * zero-shot logits + vectors @ weights.T + bias.

    Attributes
    ----------
    word_share : float
        Factor of the zero-shot logits, 0 and up; 1 leaves them as they are.
    weights : array of float64, shape (c, dim)
    bias : array of float64, shape (c,)
        Evidence of the labels; 0 for classes without any.
    level : float
        Evidence that the best labeled class has by chance. A class without labels has as much, or as little as the best
        labeled class, so that it neither loses items nor attracts them.
    """

    word_share: float
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    level: float


def fit_blend(word_logits: NDArray[np.floating], vectors: Vectors, numbers: NDArray[np.int64]) -> Blend:
    """Learns a blend from labeled items.

    Parameters
    ----------
    word_logits : array of float, shape (n, c)
        Zero-shot logits of the labeled items.
    vectors : array of float, shape (n, dim)
        Unit rows.
    numbers : array of int64, shape (n,)
        Classes of the items, 0 to c - 1.

    Returns
    -------
    Blend
        The words alone if fewer than two classes have labels.
    """
    classes, dim = word_logits.shape[1], vectors.shape[1]
    weights, bias = np.zeros((classes, dim)), np.zeros(classes)
    seen, targets = np.unique(numbers, return_inverse=True)
    if len(seen) < 2:
        return Blend(1.0, weights, bias, 0.0)
    evidence = _Evidence.fit(vectors, targets)
    level = evidence.measure_level(targets)
    known = evidence.cross_validate(targets)
    held_out = np.repeat(np.minimum(known.max(axis=1, keepdims=True), level), classes, axis=1)
    held_out[:, seen] = known
    word_share, label_share = _choose_shares(word_logits, held_out, numbers)
    weights[seen], bias[seen] = label_share * evidence.weights, label_share * evidence.bias
    return Blend(word_share, weights, bias, label_share * level)


def compute_word_accuracy(word_logits: NDArray[np.floating], numbers: NDArray[np.int64]) -> float:
    """Share of labeled items that the words get right, 0 to 1, drawn towards a half for few (Krichevsky and Trofimov
    1981).
    """
    return float(((word_logits.argmax(axis=1) == numbers).sum() + 0.5) / (len(numbers) + 1.0))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Ridge regression onto k classes: weights (k, dim), bias (k,), residuals (n, k), and the factors of its hat
    matrix, design (n, r) and inverse (r, r).
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    goals: NDArray[np.float64]
    residuals: NDArray[np.float64]
    design: NDArray[np.float64]
    inverse: NDArray[np.float64]

    @classmethod
    def fit(cls, vectors: Vectors, targets: NDArray[np.int64]) -> _Evidence:
        basis, coordinates = get_span(vectors)
        design = np.column_stack([coordinates, np.ones(len(vectors))])
        classes = int(targets.max()) + 1
        goals = np.eye(classes)[targets] - 1.0 / classes
        gram = design.T @ design + _RIDGE * np.eye(design.shape[1])
        inverse = np.asarray(np.linalg.inv(gram), np.float64)
        coefficients = inverse @ (design.T @ goals)
        residuals = goals - design @ coefficients
        return cls((basis @ coefficients[:-1]).T, coefficients[-1], goals, residuals, design, inverse)

    def leave_out(self, groups: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n, k) evidence for each row, learned without its group."""
        held_out = np.empty_like(self.goals)
        for group in np.unique(groups):
            rows = np.flatnonzero(groups == group)
            kept = np.eye(len(rows)) - self.design[rows] @ self.inverse @ self.design[rows].T
            held_out[rows] = self.goals[rows] - np.linalg.solve(kept, self.residuals[rows])
        return held_out

    def cross_validate(self, targets: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n, k) evidence for each row, learned without it; none where it is the only one of its class."""
        counts = np.bincount(targets)
        place = np.empty(len(targets), np.int64)
        for number in range(len(counts)):
            place[targets == number] = np.arange(counts[number])
        held_out = self.leave_out(place % min(_FOLDS, max(2, counts.max())))
        held_out[counts[targets] < 2] = 0.0
        return held_out

    def measure_level(self, targets: NDArray[np.int64]) -> float:
        """Mean evidence for the best of the other classes, learned without any item of its own."""
        others = self.leave_out(targets)
        others[np.arange(len(targets)), targets] = -np.inf
        return float(others.max(axis=1).mean())


def get_span(vectors: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """An orthonormal basis (dim, r) of unit rows (n, dim), and their coordinates (n, r).

    Regularized weights lie in the span of the samples, so learning in it changes nothing but the time that few samples
    of many dimensions take.
    """
    if len(vectors) >= vectors.shape[1]:
        return np.eye(vectors.shape[1]), vectors.astype(np.float64)
    basis, coordinates = np.linalg.qr(vectors.astype(np.float64).T)
    return basis, coordinates.T


def _choose_shares(
    word_logits: NDArray[np.floating], evidence: NDArray[np.float64], numbers: NDArray[np.int64]
) -> tuple[float, float]:
    """The shares of words and labels that make the labels most probable, with a prior for few of them."""
    rows = np.unique(np.linspace(0, len(numbers) - 1, min(_ROWS, len(numbers))).astype(np.int64))
    expected = _LEAST_SHARE + _SHARE_OF_ERRORS * (1.0 - compute_word_accuracy(word_logits, numbers))
    best, shares = -np.inf, (1.0, 0.0)
    for word_share in _WORD_SHARES:
        for label_share in _LABEL_SHARES:
            logits = word_share * word_logits[rows] + label_share * evidence[rows]
            score = _log_likelihood(logits, numbers[rows]) * len(numbers) / len(rows)
            score -= np.log((word_share + 0.1) / 1.1) ** 2 + np.log((label_share + 1.0) / (expected + 1.0)) ** 2
            if score > best:
                best, shares = score, (float(word_share), float(label_share))
    return shares


def _log_likelihood(logits: NDArray[np.float64], numbers: NDArray[np.int64]) -> float:
    logits = logits - logits.max(axis=1, keepdims=True)
    return float((logits[np.arange(len(numbers)), numbers] - np.log(np.exp(logits).sum(axis=1))).sum())
