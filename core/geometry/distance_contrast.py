"""How informative distances are, for vectors of any kind: whether near and far differ, and whether near means alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.utils.blas_threads import limit_to_one_thread

_NEAREST = 10
_BINS = 48
_COPY = 2e-3  # of the mean distance; copies are nearer


@dataclass(frozen=True, slots=True)
class Contrast:
    """How informative distances are.

    Attributes
    ----------
    relative_contrast : float
        (farthest - nearest) / nearest, of the distances from a point to all others except its copies; the median over
        the points. It goes to 0 as distances concentrate [1]_.
    agreement : float or None
        Share of the 10 nearest with the same label; None without labels.
    chance : float or None
        Share of all others with the same label.
    numbers : int
        Dimensions of a vector.
    bytes : int
        Of a vector in 4-byte floats.
    query_ms : float
        Of a search for one picture among these, on this machine.

    References
    ----------
    .. [1] Beyer et al. 1999, "When is 'nearest neighbor' meaningful?"
    """

    relative_contrast: float
    agreement: float | None
    chance: float | None
    numbers: int
    bytes: int
    query_ms: float


@dataclass(frozen=True, eq=False)
class PairDistances:
    """Distances between vectors of the same label and of different labels, in units of their mean.

    Attributes
    ----------
    numbers : int
        Dimensions of a vector.
    edges : array of float64, shape (bins + 1,)
    same, different : array of float64, shape (bins,)
        Share of each kind of pair.
    order : float
        How often a random pair of the same label is nearer than one of different labels (the area under the ROC curve):
        0.5 is chance, 1 separates them.
    """

    numbers: int
    edges: NDArray[np.float64]
    same: NDArray[np.float64]
    different: NDArray[np.float64]
    order: float


@limit_to_one_thread()
def measure_contrast(vectors: NDArray[np.float32], labels: Sequence[str | None] | None = None) -> Contrast:
    """How informative the Euclidean distances between vectors are. Unit rows have the same order by cosine.

    Parameters
    ----------
    vectors : array of float32, shape (n, numbers)
        Up to a few thousand.
    labels : sequence of str or None, length n, optional
        None where unknown.

    Returns
    -------
    Contrast

    Raises
    ------
    DataError
        There are fewer than three vectors, or all are copies of one.
    """
    distances = _compute_distances(vectors)
    agreement, chance = _measure_agreement(distances, labels) if labels is not None else (None, None)
    return Contrast(
        relative_contrast=_relative(distances),
        agreement=agreement,
        chance=chance,
        numbers=vectors.shape[1],
        bytes=4 * vectors.shape[1],
        query_ms=_measure_time(vectors),
    )


def find_nearest(vectors: NDArray[np.float32], row: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The rows nearest to one row by Euclidean distance, without itself.

    Parameters
    ----------
    vectors : array of float32, shape (n, numbers)
    row : int
    count : int
        Most rows.

    Returns
    -------
    rows : array of int64, shape (m,)
    distances : array of float32, shape (m,)
    """
    distances = np.linalg.norm(vectors - vectors[row], axis=1)
    order = np.argsort(distances, kind="stable")
    order = order[order != row][:count]
    return order, distances[order]


def compute_distances(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Euclidean distances (n, n) of up to a few thousand rows, from their inner products."""
    vectors = vectors - vectors.mean(axis=0)  # keeps rounding errors small compared with the distances
    squares = (vectors**2).sum(axis=1)
    return np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * vectors @ vectors.T, 0.0))


@limit_to_one_thread()
def compute_pair_distances(vectors: NDArray[np.float32], labels: Sequence[str | None]) -> PairDistances | None:
    """Distances between vectors of the same label and of different labels.

    Parameters
    ----------
    vectors : array of float32, shape (n, numbers)
        Up to a few thousand.
    labels : sequence of str or None, length n
        None where unknown.

    Returns
    -------
    PairDistances or None
        None if there is no pair of one of the kinds.
    """
    known = np.flatnonzero([label is not None for label in labels])
    names = np.array([labels[int(row)] for row in known])
    first, second = np.triu_indices(len(known), 1)
    same = names[first] == names[second] if len(known) > 1 else np.empty(0, bool)
    if not same.any() or same.all():
        return None
    distances = compute_distances(vectors[known])[first, second].astype(np.float64)
    distances /= max(distances.mean(), 1e-12)
    counts, edges = np.histogram(distances, _BINS)
    same_counts = np.histogram(distances[same], edges)[0]
    return PairDistances(
        vectors.shape[1],
        edges,
        same_counts / same.sum(),
        (counts - same_counts) / (~same).sum(),
        _compute_order(distances, same),
    )


@limit_to_one_thread()
def measure_random_contrast(dims: Sequence[int], count: int, *, seed: int = 0) -> dict[int, float]:
    """Relative contrast of normally distributed vectors, which falls towards 0 as dimensions grow.

    Parameters
    ----------
    dims : sequence of int
    count : int
        Number of vectors, at least 3.
    seed : int

    Returns
    -------
    dict of int to float
        Relative contrast, see `Contrast`, by number of dimensions.

    Raises
    ------
    DataError
        There are fewer than three vectors.

    References
    ----------
    Beyer et al. 1999, "When is 'nearest neighbor' meaningful?"
    """
    rng = np.random.default_rng(seed)
    return {dim: _relative(_compute_distances(rng.standard_normal((count, dim), np.float32))) for dim in dims}


def find_equivalent_dims(contrast: float, random: dict[int, float]) -> float:
    """The number of dimensions in which random vectors have a given relative contrast.

    Parameters
    ----------
    contrast : float
    random : dict of int to float
        See `measure_random_contrast`.

    Returns
    -------
    float
        Interpolated; at most the largest and at least the smallest measured number.
    """
    dims = sorted(random, reverse=True)  # by ascending contrast
    return float(np.exp(np.interp(np.log(max(contrast, 1e-9)), np.log([random[dim] for dim in dims]), np.log(dims))))


def _compute_distances(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distances (n, n), NaN on the diagonal."""
    if len(vectors) < 3:
        raise DataError("Comparing distances needs at least three pictures.")
    distances = compute_distances(vectors)
    np.fill_diagonal(distances, np.nan)
    return distances


def _relative(distances: NDArray[np.float32]) -> float:
    distinct = np.where(distances > _COPY * np.nanmean(distances), distances, np.nan)
    if np.isnan(distinct).all():
        raise DataError("All pictures are copies of one: there are no distances to compare.")
    nearest, farthest = np.nanmin(distinct, axis=1), np.nanmax(distinct, axis=1)
    return float(np.median((farthest - nearest) / nearest))


def _compute_order(distances: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, by the Mann-Whitney U statistic."""
    from scipy.stats import rankdata

    ranks = rankdata(distances)
    positives, negatives = same.sum(), (~same).sum()
    return float(1 - (ranks[same].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _measure_agreement(
    distances: NDArray[np.float32], labels: Sequence[str | None]
) -> tuple[float | None, float | None]:
    known = np.array([label is not None for label in labels])
    if known.sum() < 3:
        return None, None
    names = np.array([label or "" for label in labels])[known]
    distances = distances[np.ix_(known, known)]
    same = names[:, None] == names[None]
    k = min(_NEAREST, len(names) - 1)
    nearest = np.argsort(np.where(np.isnan(distances), np.inf, distances), axis=1, kind="stable")[:, :k]
    chance = (same.sum() - len(names)) / (len(names) * (len(names) - 1))
    return float(np.take_along_axis(same, nearest, axis=1).mean()), float(chance)


def _measure_time(vectors: NDArray[np.float32]) -> float:
    squares = (vectors**2).sum(axis=1)
    best = float("inf")
    for row in range(min(8, len(vectors))):
        started = time.perf_counter()
        np.argsort(squares - 2 * (vectors @ vectors[row]))[:_NEAREST]
        best = min(best, time.perf_counter() - started)
    return 1000 * best
