"""How good a ranking is: recall among the first k, average precision, F1 at each cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall at 1, 5 and 10.

    Attributes
    ----------
    r1, r5, r10 : float
        Share of queries, 0 to 1, with a correct answer among the first 1, 5 and 10.
    """

    r1: float
    r5: float
    r10: float


def compute_best_rank(similarities: NDArray[np.floating], right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rank of the best correct answer to each query.

    Parameters
    ----------
    similarities : ndarray, shape (queries, items)
    right : ndarray of bool, shape (queries, items)
        Whether an item is a correct answer.

    Returns
    -------
    ndarray of int64, shape (queries,)
        From 0; ties count as ranked before it.
    """
    best = np.where(right, similarities, -np.inf).max(axis=1, keepdims=True)
    return ((similarities >= best) & ~right).sum(axis=1)


def compute_recall(ranks: NDArray[np.int64]) -> Recall:
    """Recall at 1, 5 and 10.

    Parameters
    ----------
    ranks : ndarray of int64, shape (queries,)
        Ranks of the best correct answers, from 0.

    Returns
    -------
    Recall
        Rounded to four decimals.
    """
    return Recall(*(round(float((ranks < k).mean()), 4) for k in (1, 5, 10)))


def compute_average_precision(right: NDArray[np.bool_]) -> float:
    """Mean precision at the ranks of the right items.

    Parameters
    ----------
    right : ndarray of bool, shape (n,)
        Which items are right, best rank first; at least one is.

    Returns
    -------
    float
        0 to 1.
    """
    return float((np.cumsum(right) / np.arange(1, len(right) + 1))[right].mean())


def compute_f1_at_cuts(right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F1 of the first k items for each k.

    Parameters
    ----------
    right : ndarray of bool, shape (n,)
        Which items are right, best rank first; at least one is.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 to 1, of the first 1, 2, ..., n items.
    """
    hits = np.cumsum(right)
    return np.asarray(2 * hits / (np.arange(1, len(hits) + 1) + hits[-1]), np.float64)
