"""Quality of an embedding of movies: neighbors of the same genre, and recall of the next movie."""

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
    """Nearest other movies by Euclidean distance.

    Parameters
    ----------
    embedding : array of float32, shape (movies, d)
    numbers : array of int64, shape (n,)
        Movies whose neighbors to find.
    k : int

    Returns
    -------
    array of int64, shape (n, k)
        Nearest first; fewer columns if there are fewer movies.
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


def measure_same_genre(embedding: Embedding, movies: Movies, *, k: int = K) -> float | None:
    """Share of the k nearest movies with the same main genre, 0 to 1; None if fewer than two movies have a genre.

    Movies without a genre are ignored, also as neighbors.
    """
    known = np.flatnonzero([genre is not None for genre in movies.main_genres])
    if len(known) < 2:
        return None
    genre = np.unique([str(movies.main_genres[number]) for number in known], return_inverse=True)[1]
    nearest = find_nearest(embedding[known], np.arange(len(known)), k=k)
    return float((genre[nearest] == genre[:, None]).mean())


def measure_same_genre_chance(movies: Movies) -> float | None:
    """The expected `same_genre` of random positions: the share of pairs with the same genre."""
    counts = np.array(list(Counter(filter(None, movies.main_genres)).values()))
    known = int(counts.sum())
    return float((counts * (counts - 1)).sum() / (known * (known - 1))) if known > 1 else None


def measure_baselines(split: Split, movies: Movies) -> Baselines:
    """Recall@10 of the most watched unseen movies and of random unseen ones, and the chance of a neighbor of the same
    genre.
    """
    if not len(split.held):
        return Baselines(None, None, measure_same_genre_chance(movies))
    scores = np.broadcast_to(split.popularity.astype(np.float32), split.seen.shape)
    unseen = len(movies) - np.diff(split.seen.indptr)
    chance = float(np.minimum(1.0, K / np.maximum(unseen, 1)).mean())
    return Baselines(float(count_hits(scores, split, slice(None)).mean()), chance, measure_same_genre_chance(movies))


def count_hits(scores: NDArray[np.float32], split: Split, rows: slice) -> NDArray[np.bool_]:
    """Whether the next movie of each held-out viewer is among the ten unseen movies with the highest scores.

    scores: (viewers of these rows, movies). Equal scores keep the order of the movies.
    """
    scores = np.array(scores, np.float32)
    seen = split.seen[rows].tocoo()
    scores[seen.row, seen.col] = -np.inf
    recommended = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    return (recommended == split.held.targets[rows, None]).any(axis=1)
