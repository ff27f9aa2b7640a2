"""Recall of a ranking: the share of queries whose right answer is among the first k."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of queries, 0 to 1, with a right answer among the first 1, 5 and 10."""

    r1: float
    r5: float
    r10: float


def compute_best_rank(similarities: NDArray[np.floating], right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(queries,) rank from 0 of the best right answer in each row; ties count as ranked before it."""
    best = np.where(right, similarities, -np.inf).max(axis=1, keepdims=True)
    return ((similarities >= best) & ~right).sum(axis=1)


def compute_recall(ranks: NDArray[np.int64]) -> Recall:
    """Recall@k of queries whose best right answers have these ranks (queries,), from 0."""
    return Recall(*(round(float((ranks < k).mean()), 4) for k in (1, 5, 10)))
