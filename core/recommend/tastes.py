"""Tastes: what somebody likes, as a few vectors and not one blurred mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors, unit_rows
from core.explore.cluster_naming import compute_word_choices
from core.explore.vocabulary import Vocabulary

# Share of the way from unrelated to identical above which likes are one taste, on the mean of their pairs.
_ALIKE = 0.1
_AWAY = 0.35  # weight of what is disliked in a taste (Rocchio 1971, who has 0.25 for documents and 1 for the query)


@dataclass(frozen=True, eq=False)
class Tastes:
    """k tastes of a person, the largest first.

    vectors: (k, dim) unit rows. weights: (k,) share of the likes in each, sum 1. of: (likes,) the taste of each like.
    """

    vectors: Vectors
    weights: NDArray[np.float32]
    liked_tastes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.vectors)


def compute_tastes(
    liked: Vectors, disliked: Vectors | None = None, *, baseline_cosine: float = 0.0, most: int = 5
) -> Tastes:
    """Groups likes (n, dim), unit rows, by average linkage: groups are joined while the mean cosine of their pairs is
    at least a tenth of the way from `unlike` (of two unrelated items of the library) to 1, and until at most `most`
    are left. Without likes there are no tastes.

    disliked: (m, dim) what all tastes are moved away from (Rocchio): taste - 0.35 times the mean of the disliked.
    """
    if not len(liked):
        return Tastes(liked[:0], np.empty(0, np.float32), np.empty(0, np.int64))
    groups = _group_likes(liked, baseline_cosine + _ALIKE * (1.0 - baseline_cosine), most)
    sizes = np.bincount(groups)
    order = np.argsort(-sizes, kind="stable")
    means = unit_rows(np.stack([liked[groups == number].mean(axis=0) for number in order]))
    if disliked is not None and len(disliked):
        means = unit_rows(means - np.float32(_AWAY) * unit_rows(disliked.mean(axis=0)[None]))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Tastes(means, (sizes[order] / len(liked)).astype(np.float32), rank[groups])


def _group_likes(liked: Vectors, alike: float, most: int) -> NDArray[np.int64]:
    """(n,) numbers of groups from 0."""
    if len(liked) == 1:
        return np.zeros(1, np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    in_subprocess = np.clip(1.0 - liked @ liked.T, 0.0, 2.0)
    np.fill_diagonal(in_subprocess, 0.0)
    tree = linkage(squareform((in_subprocess + in_subprocess.T) / 2, checks=False), "average")
    groups = fcluster(tree, 1.0 - alike, "distance")
    if groups.max() > most:
        groups = fcluster(tree, most, "maxclust")
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


_OF_ALL = 0.5  # share of what the library as a whole says that is taken away, as for clusters
_OTHERS = 500  # vectors of the library that tell it


def compute_usual_choices(words: Vocabulary, background: Vectors) -> NDArray[np.float32]:
    """(words,) how readily a library chooses each word: log probabilities, on the mean of a sample of it.

    background: (b, dim) the sample (`VectorIndex.background`).
    """
    if not len(background):
        return np.zeros(len(words.names), np.float32)
    return np.asarray(compute_word_choices(background[:_OTHERS], words).mean(axis=0), np.float32)


def find_taste_words(
    tastes: Tastes, words: Vocabulary, *, usual: NDArray[np.float32] | None = None, count: int = 5
) -> tuple[tuple[str, ...], ...]:
    """The words nearest to each taste, the nearest first: those that it chooses more readily than the library does.

    words: the vocabulary (`core.explore.vocabulary.load_vocabulary`). usual: `compute_usual_choices` of the library.
    """
    if not len(tastes):
        return ()
    scores = compute_word_choices(tastes.vectors, words)
    if usual is not None:
        scores -= np.float32(_OF_ALL) * usual
    return tuple(tuple(words.names[row] for row in np.argsort(-score)[:count]) for score in scores)
