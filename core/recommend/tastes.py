"""Tastes: likes as a few vectors instead of one blurred mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors, unit_rows
from core.explore.cluster_naming import compute_word_choices
from core.explore.vocabulary import Vocabulary

# Mean cosine of the pairs of a taste, at least: a share of the way from unrelated to identical items.
_ALIKE = 0.1
_AWAY = 0.35  # weight of dislikes (Rocchio 1971)


@dataclass(frozen=True, eq=False)
class Tastes:
    """k tastes, the largest first.

    vectors: (k, dim) unit rows. weights: (k,) share of the likes, sum 1. liked_tastes: (likes,) the taste of each like.
    """

    vectors: Vectors
    weights: NDArray[np.float32]
    liked_tastes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.vectors)


def compute_tastes(
    liked: Vectors, disliked: Vectors | None = None, *, baseline_cosine: float = 0.0, most: int = 5
) -> Tastes:
    """Groups likes into tastes by average linkage.

    Parameters
    ----------
    liked : array of float, shape (n, dim)
        Unit rows.
    disliked : array of float, shape (m, dim), optional
        Unit rows; 0.35 times their mean is subtracted from each taste (Rocchio 1971).
    baseline_cosine : float
        Of two unrelated items. Groups are merged while the mean cosine of their pairs is at least a tenth of the way
        from it to 1.
    most : int
        Groups are merged until at most so many are left.
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

    distances = np.clip(1.0 - liked @ liked.T, 0.0, 2.0)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform((distances + distances.T) / 2, checks=False), "average")
    groups = fcluster(tree, 1.0 - alike, "distance")
    if groups.max() > most:
        groups = fcluster(tree, most, "maxclust")
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


_OF_ALL = 0.5  # share of the library's log probability that is subtracted, as for clusters
_OTHERS = 500  # sampled vectors of the library


def compute_usual_choices(words: Vocabulary, background: Vectors) -> NDArray[np.float32]:
    """(words,) the mean log probability of each word in a library.

    background: (b, dim) a sample of it (`VectorIndex.background`).
    """
    if not len(background):
        return np.zeros(len(words.names), np.float32)
    return np.asarray(compute_word_choices(background[:_OTHERS], words).mean(axis=0), np.float32)


def find_taste_words(
    tastes: Tastes, words: Vocabulary, *, usual: NDArray[np.float32] | None = None, count: int = 5
) -> tuple[tuple[str, ...], ...]:
    """Words that describe each taste, best first: more probable for it than for the library.

    words: the vocabulary (`core.explore.vocabulary.load_vocabulary`). usual: `compute_usual_choices` of the library.
    """
    if not len(tastes):
        return ()
    scores = compute_word_choices(tastes.vectors, words)
    if usual is not None:
        scores -= np.float32(_OF_ALL) * usual
    return tuple(tuple(words.names[row] for row in np.argsort(-score)[:count]) for score in scores)
