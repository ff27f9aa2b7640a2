"""Quality of an embedding: neighbors of the same group (genre of movies, subject of words), and recall of targets."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from core.learn.source import Items, Split, main_groups
from core.learn.state import Baselines, Embedding
from core.utils.blas_threads import limit_to_one_thread

K = 10
_ROWS = 512


@limit_to_one_thread()
def find_nearest(embedding: Embedding, numbers: NDArray[np.int64] | list[int], *, k: int = K) -> NDArray[np.int64]:
    """Nearest other items by Euclidean distance.

    Parameters
    ----------
    embedding : array of float32, shape (items, d)
    numbers : array of int64, shape (n,)
        Items whose neighbors to find.
    k : int

    Returns
    -------
    array of int64, shape (n, k)
        Nearest first; fewer columns if there are fewer items.
    """
    k = min(k, len(embedding) - 1)
    squares = (embedding**2).sum(axis=1)
    blocks = []
    for at in range(0, len(numbers), _ROWS):
        rows = np.asarray(numbers[at : at + _ROWS])
        distances = squares - 2 * embedding[rows] @ embedding.T  # up to a constant per row
        distances[np.arange(len(rows)), rows] = np.inf
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(distances, nearest, 1), axis=1, kind="stable")
        blocks.append(np.take_along_axis(nearest, order, 1))
    return np.concatenate(blocks)


def measure_same_group(embedding: Embedding, items: Items, *, k: int = K) -> float | None:
    """Share of the k nearest movies with the same main group, 0 to 1; None if fewer than two items have a group.

    Items without a group are ignored, also as neighbors.
    """
    mains = main_groups(items)
    known = np.flatnonzero([group is not None for group in mains])
    if len(known) < 2:
        return None
    group = np.unique([str(mains[number]) for number in known], return_inverse=True)[1]
    nearest = find_nearest(embedding[known], np.arange(len(known)), k=k)
    return float((group[nearest] == group[:, None]).mean())


def measure_same_group_chance(items: Items) -> float | None:
    """The expected `same_group` of random positions: the share of pairs with the same main group."""
    counts = np.array(list(Counter(filter(None, main_groups(items))).values()))
    known = int(counts.sum())
    return float((counts * (counts - 1)).sum() / (known * (known - 1))) if known > 1 else None


def measure_baselines(split: Split, items: Items) -> Baselines:
    """Recall@10 of the most frequent unseen items and of random unseen ones, and the chance of a neighbor of the same
    group.
    """
    if not len(split.held):
        return Baselines(None, None, measure_same_group_chance(items))
    scores = np.broadcast_to(split.popularity.astype(np.float32), split.seen.shape)
    unseen = len(items) - np.diff(split.seen.indptr)
    chance = float(np.minimum(1.0, K / np.maximum(unseen, 1)).mean())
    return Baselines(float(count_hits(scores, split, slice(None)).mean()), chance, measure_same_group_chance(items))


def count_hits(scores: NDArray[np.float32], split: Split, rows: slice) -> NDArray[np.bool_]:
    """Whether the target of each held-out example is among the ten unseen items with the highest scores.

    scores: (examples of these rows, items). Equal scores keep the order of the items.
    """
    scores = np.array(scores, np.float32)
    seen = split.seen[rows].tocoo()
    scores[seen.row, seen.col] = -np.inf
    recommended = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    return (recommended == split.held.targets[rows, None]).any(axis=1)
