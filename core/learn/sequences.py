"""Turns a log into training examples: the movies watched, and the next one."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from core.errors import DataError
from core.learn.source import FADE, MOST_HELD, Examples, Split
from core.recommend.interactions import InteractionLog

HISTORY = 10  # movies before the next one


def split(log: InteractionLog, *, seed: int = 0) -> Split:
    """Examples, with the last movie of each viewer who watched at least three held out.

    Raises DataError if there is nothing to learn.
    """
    users, items, place, length = _in_order(log)
    last = (place == length - 1) & (length >= 3)
    rows = np.flatnonzero((place > 0) & ~last)
    movies = len(log.item_names)
    if not len(rows) or movies < 3:
        raise DataError(
            "There is nothing to learn: at least three movies are needed, and a viewer who watched two of them."
        )
    held = np.flatnonzero(last)
    if len(held) > MOST_HELD:
        held = np.sort(np.random.default_rng(seed).choice(held, MOST_HELD, replace=False))
    known = sp.csr_matrix(
        (np.ones(int((~last).sum()), np.float32), (users[~last], items[~last])), shape=(len(log.user_names), movies)
    )
    popularity = np.bincount(items[~last], minlength=movies)
    return Split(_examples(rows, items, place), _examples(held, items, place), known[users[held]], popularity)


def _in_order(log: InteractionLog) -> tuple[NDArray[np.int64], ...]:
    """Viewers, movies, positions in the viewer's sequence, and its length; repeats count once."""
    _, first = np.unique(log.users * len(log.item_names) + log.items, return_index=True)
    first.sort()
    order = first[np.argsort(log.users[first], kind="stable")]
    users, items = log.users[order], log.items[order]
    counts = np.bincount(users, minlength=len(log.user_names))
    begins = np.cumsum(counts) - counts
    return users, items, np.arange(len(users)) - begins[users], counts[users]


def _examples(rows: NDArray[np.int64], items: NDArray[np.int64], place: NDArray[np.int64]) -> Examples:
    back = np.arange(1, HISTORY + 1)
    exists = place[rows, None] >= back
    contexts = np.where(exists, items[np.maximum(rows[:, None] - back, 0)], 0)
    weights = exists * FADE ** (back - 1.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return Examples(contexts.astype(np.int32), weights.astype(np.float32), items[rows])
