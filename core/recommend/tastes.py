"""Tastes: likes as a few vectors, instead of a single blurred mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors, unit_rows
from core.explore.cluster_naming import compute_word_choices
from core.explore.vocabulary import Vocabulary

# Least mean cosine of the pairs of a taste, as a share of the way from unrelated to identical items.
_ALIKE = 0.1
_AWAY = 0.35  # weight of dislikes (Rocchio 1971)


@dataclass(frozen=True, eq=False)
class Tastes:
    """k tastes, the largest first.

    vectors: (k, dim) unit rows. weights: (k,) share of the likes, sum 1. liked_tastes: (likes,) taste of each like.
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
        Unit rows; 0.35 times their mean is subtracted from each taste [1]_.
    baseline_cosine : float
        Of two unrelated items. Groups are merged while the mean cosine of their pairs is at least a tenth of the way
        from it to 1.
    most : int
        Most tastes.

    Returns
    -------
    Tastes

    References
    ----------
    .. [1] Rocchio 1971, "Relevance feedback in information retrieval"
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
    """Group numbers (n,), from 0."""
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


_LIBRARY_SHARE = 0.5  # of the library's log probability that is subtracted, as for clusters
_OTHERS = 500  # sampled vectors of the library


def compute_usual_choices(words: Vocabulary, background: Vectors) -> NDArray[np.float32]:
    """Mean log probability of each word in a library.

    Parameters
    ----------
    words : Vocabulary
        See `core.explore.load_vocabulary`.
    background : array of float, shape (b, dim)
        A sample of the library, see `VectorIndex.background`.

    Returns
    -------
    array of float32, shape (words,)
    """
    if not len(background):
        return np.zeros(len(words.names), np.float32)
    return np.asarray(compute_word_choices(background[:_OTHERS], words).mean(axis=0), np.float32)


def find_taste_words(
    tastes: Tastes, words: Vocabulary, *, usual: NDArray[np.float32] | None = None, count: int = 5
) -> tuple[tuple[str, ...], ...]:
    """Words that describe each taste: more probable for it than for the library.

    Parameters
    ----------
    tastes : Tastes
    words : Vocabulary
        See `core.explore.load_vocabulary`.
    usual : array of float32, shape (words,), optional
        `compute_usual_choices` of the library.
    count : int
        Words per taste.

    Returns
    -------
    tuple of tuple of str
        Best first.
    """
    if not len(tastes):
        return ()
    scores = compute_word_choices(tastes.vectors, words)
    if usual is not None:
        scores -= np.float32(_LIBRARY_SHARE) * usual
    return tuple(tuple(words.names[row] for row in np.argsort(-score)[:count]) for score in scores)
