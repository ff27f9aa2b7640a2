"""How much distances tell, of vectors of any kind: whether near and far differ, and whether near means alike."""

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
_COPY = 2e-3  # of the mean distance: nearer are copies, but for rounding


@dataclass(frozen=True, slots=True)
class Contrast:
    """How much distances tell. relative_contrast: (farthest - nearest) / nearest, of the distances from a point to all
    others but its copies, in the median; it goes to 0 as distances concentrate (Beyer et al. 1999). agreement: share of
    the 10 nearest that have the same label, None without labels; chance: of any others. numbers: of one vector; bytes:
    in 4-byte floats. query_ms: of a search by one picture through these, here and now.
    """

    relative_contrast: float
    agreement: float | None
    chance: float | None
    numbers: int
    bytes: int
    query_ms: float


@dataclass(frozen=True, eq=False)
class PairDistances:
    """Distances of pairs of vectors of the same label and of different ones, in units of their mean.

    numbers: of one vector. edges: (bins + 1,). same, different: (bins,) shares of each kind of pair. order: how often a
    pair of the same label, drawn at random, is nearer than one of different labels; 0.5 is chance, 1 tells them apart
    (the area under the ROC).
    """

    numbers: int
    edges: NDArray[np.float64]
    same: NDArray[np.float64]
    different: NDArray[np.float64]
    order: float


@limit_to_one_thread()
def measure_contrast(vectors: NDArray[np.float32], labels: Sequence[str | None] | None = None) -> Contrast:
    """How much the Euclidean distances between rows (n, numbers) tell; n is up to a few thousand. Of unit rows these
    order as cosines do. labels: (n,), None where unknown. Raises DataError for fewer than three rows, or copies of one.
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
    """The rows nearest to one of them by Euclidean distance, itself left out, and their distances."""
    distances = np.linalg.norm(vectors - vectors[row], axis=1)
    order = np.argsort(distances, kind="stable")
    order = order[order != row][:count]
    return order, distances[order]


def compute_distances(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, n) Euclidean distances of rows, by their inner products: a few thousand rows at most."""
    vectors = vectors - vectors.mean(axis=0)  # so that rounding is small beside the distances
    squares = (vectors**2).sum(axis=1)
    return np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * vectors @ vectors.T, 0.0))


@limit_to_one_thread()
def compute_pair_distances(vectors: NDArray[np.float32], labels: Sequence[str | None]) -> PairDistances | None:
    """Of rows (n, numbers), a few thousand at most. None without at least one pair of either kind."""
    known = np.flatnonzero([label is not None for label in labels])
    names = np.array([labels[int(row)] for row in known])
    first, second = np.triu_indices(len(known), 1)
    same = names[first] == names[second] if len(known) > 1 else np.empty(0, bool)
    if not same.any() or same.all():
        return None
    distances = compute_distances(vectors[known])[first, second].astype(np.float64)
    distances /= max(distances.mean(), 1e-12)
    counts, edges = np.histogram(distances, _BINS)
    alike = np.histogram(distances[same], edges)[0]
    return PairDistances(
        vectors.shape[1],
        edges,
        alike / same.sum(),
        (counts - alike) / (~same).sum(),
        _compute_order(distances, same),
    )


@limit_to_one_thread()
def measure_random_contrast(dims: Sequence[int], count: int, *, seed: int = 0) -> dict[int, float]:
    """{dimensions: relative contrast (see `Contrast`)} of so many normally distributed vectors: it falls towards 0.

    Beyer et al. 1999, "When is nearest neighbor meaningful?". Raises DataError for fewer than three vectors.
    """
    rng = np.random.default_rng(seed)
    return {dim: _relative(_compute_distances(rng.standard_normal((count, dim), np.float32))) for dim in dims}


def find_equivalent_dims(contrast: float, random: dict[int, float]) -> float:
    """In how many dimensions random vectors have this relative contrast, by `measure_random_contrast`; its ends
    beyond."""
    dims = sorted(random, reverse=True)  # so that the contrast ascends
    return float(np.exp(np.interp(np.log(max(contrast, 1e-9)), np.log([random[dim] for dim in dims]), np.log(dims))))


def _compute_distances(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, n) distances, NaN from each to itself."""
    if len(vectors) < 3:
        raise DataError("It takes at least three pictures to compare distances.")
    distances = compute_distances(vectors)
    np.fill_diagonal(distances, np.nan)
    return distances


def _relative(distances: NDArray[np.float32]) -> float:
    rest = np.where(distances > _COPY * np.nanmean(distances), distances, np.nan)
    if np.isnan(rest).all():
        raise DataError("These pictures are copies of one: there are no distances to compare.")
    nearest, farthest = np.nanmin(rest, axis=1), np.nanmax(rest, axis=1)
    return float(np.median((farthest - nearest) / nearest))


def _compute_order(distances: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The share of (same, different) pairs in which the same is nearer: Mann and Whitney's U over its largest value."""
    from scipy.stats import rankdata

    ranks = rankdata(distances)
    alike, rest = same.sum(), (~same).sum()
    return float(1 - (ranks[same].sum() - alike * (alike + 1) / 2) / (alike * rest))


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
