"""How good an embedding of movies is: neighbours of one genre, next movies that were told."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from core.learn.movies import Movies
from core.learn.sequences import Split
from core.learn.state import Baselines, Embedding
from core.utils.blas_threads import limit_to_one_thread

K = 10
_ROWS = 512


@limit_to_one_thread()
def find_nearest(embedding: Embedding, numbers: NDArray[np.int64] | list[int], *, k: int = K) -> NDArray[np.int64]:
    """(len(numbers), k) movies, nearest first by Euclidean distance, itself left out; fewer columns where there are
    fewer movies."""
    k = min(k, len(embedding) - 1)
    squares = (embedding**2).sum(axis=1)
    found = []
    for at in range(0, len(numbers), _ROWS):
        rows = np.asarray(numbers[at : at + _ROWS])
        distances = squares - 2 * embedding[rows] @ embedding.T  # but for a number of each row
        distances[np.arange(len(rows)), rows] = np.inf
        sample = np.argpartition(distances, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(distances, sample, 1), axis=1, kind="stable")
        found.append(np.take_along_axis(sample, order, 1))
    return np.concatenate(found)


def measure_same_genre(embedding: Embedding, movies: Movies, *, k: int = K) -> float | None:
    """Of the k nearest movies of each, the share that has the same main genre; None where fewer than two have one.

    Movies without a genre are left out, as neighbours too.
    """
    known = np.flatnonzero([genre is not None for genre in movies.main_genres])
    if len(known) < 2:
        return None
    genre = np.unique([str(movies.main_genres[entry]) for entry in known], return_inverse=True)[1]
    near = find_nearest(embedding[known], np.arange(len(known)), k=k)
    return float((genre[near] == genre[:, None]).mean())


def measure_same_genre_chance(movies: Movies) -> float | None:
    """What `same_genre` is on average for movies that lie anywhere: pairs of one genre among all pairs."""
    counts = np.array(list(Counter(filter(None, movies.main_genres)).values()))
    known = int(counts.sum())
    return float((counts * (counts - 1)).sum() / (known * (known - 1))) if known > 1 else None


def measure_baselines(split: Split, movies: Movies) -> Baselines:
    """Recall@10 of the most watched movies that a viewer has not seen, of any that it has not seen, and the chance of a
    neighbour of the same genre."""
    if not len(split.held):
        return Baselines(None, None, measure_same_genre_chance(movies))
    scores = np.broadcast_to(split.popularity.astype(np.float32), split.seen.shape)
    unseen = len(movies) - np.diff(split.seen.indptr)
    chance = float(np.minimum(1.0, K / np.maximum(unseen, 1)).mean())
    return Baselines(float(count_hits(scores, split, slice(None)).mean()), chance, measure_same_genre_chance(movies))


def count_hits(scores: NDArray[np.float32], split: Split, rows: slice) -> NDArray[np.bool_]:
    """Whether the next movie of each held-out viewer is among its ten highest, what was seen left out.

    scores: (viewers of these rows, movies). Of equal scores the movie that comes first in the list is told first.
    """
    scores = np.array(scores, np.float32)
    seen = split.seen[rows].tocoo()
    scores[seen.row, seen.col] = -np.inf
    predictions = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    return (predictions == split.held.targets[rows, None]).any(axis=1)
