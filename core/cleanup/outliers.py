"""Outliers: single items and handfuls of items that are far from all others in a library.

An item's distance is the mean of those to its eighth to fifteenth nearest neighbors (Ramaswamy et al. 2000; Angiulli
and Pizzuti 2002). Outliers come in handfuls: screenshots among photos are near one another, so their first neighbors
say nothing. Fifteen photos of one event, on the other hand, are neighbors enough: a small cluster, not outliers.
Strange pictures have strange neighbors, so each distance is then averaged with those of the three nearest. This
separates strangers from photos that are merely the only ones of their subject.

What was tried and is worse is in docs/map.md: nearest neighbors, local density, counts of reverse neighbors,
corrections for hubs, Mahalanobis distances, groups in a tree of mutual reachability, isolation forests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.progress import SILENT, Task
from core.vectors.neighbors import Neighbors, find_nearest_neighbors

Values = NDArray[np.float64]

UNUSUAL = 0.55  # score from which an item is listed: about one photo in a hundred

_LAST = 15  # rank of the last neighbor that counts; in small libraries one item in twenty, at least the third
_SMOOTHED, _SMOOTHING = 3, 0.6  # nearest neighbors whose distances count, and the weight of their mean
_USUAL_QUANTILE, _SPREAD_QUANTILE = 0.5, 0.84  # their difference is a spread: a standard deviation of normal values
_HALF = 2.0  # spreads above the median that give a score of 0.5
_LISTED = 5  # neighbors of an outlier
_NOTHING = 1e-3  # distances of equal items are below this


@dataclass(frozen=True, slots=True)
class Outlier:
    """One of n vectors that is far from the others.

    Attributes
    ----------
    number : int
    score : float
        0 (as near to others as usual) to 1; 0.5 at two spreads above the median.
    reason : str
    neighbors : tuple of int
        Numbers of the nearest vectors, nearest first.
    """

    number: int
    score: float
    reason: str
    neighbors: tuple[int, ...]


@task_keywords
def find_outliers(
    vectors: Vectors,
    *,
    neighbors: Neighbors | None = None,
    groups: NDArray[np.bool_] | None = None,
    cluster_of: NDArray[np.int64] | None = None,
    names: Sequence[str] | None = None,
    top: int = 50,
    task: Task = SILENT,
) -> list[Outlier]:
    """Finds the vectors that are farthest from the others.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
        Unit rows.
    neighbors : Neighbors, optional
        Of these vectors; computed if there are fewer than 15 per vector.
    groups : ndarray of bool, shape (n,), optional
        Vectors are compared within their group only: texts are far from all pictures (`Points.from_text`).
    cluster_of : ndarray of int, shape (n,), optional
        Cluster of each vector, -1 for none; only for the reasons.
    names : sequence of str, optional
        Of the vectors; only for the reasons.
    top : int
        Most outliers.
    task : Task, optional

    Returns
    -------
    list of Outlier
        Most unusual first. A spread is the difference of the 84th percentile of the distances and their median.

    Raises
    ------
    Cancelled
    """
    if groups is not None and groups.any() and not groups.all():
        both = [_find_in_group(vectors, np.flatnonzero(group), top, task) for group in (groups, ~groups)]
        return sorted([*both[0], *both[1]], key=lambda outlier: -outlier.score)[:top]
    count = len(vectors)
    last = min(_LAST, max(3, count // 20), count - 1)
    target = min(max(_LISTED, last), count - 1)
    if target < 1 or top < 1:
        return []
    if neighbors is None or neighbors.k < target:
        neighbors = find_nearest_neighbors(vectors, target, task=task)
    task.check("Stopped before the outliers were found.")
    distances = _measure_distances(neighbors, last)
    usual, high = np.quantile(distances, [_USUAL_QUANTILE, _SPREAD_QUANTILE])
    strangeness = np.maximum(0.0, distances - usual) / max(_NOTHING, high - usual)
    scores = strangeness / (strangeness + _HALF)
    usual_nearest = float(np.median(neighbors.cosines[:, 0]))
    outliers = []
    for number in np.argsort(-strangeness, kind="stable")[:top].tolist():
        nearest = neighbors.numbers[number, :_LISTED].tolist()
        is_alone = float(neighbors.cosines[number, 0]) < usual_nearest
        parts = [_reason(1 - float(distances[number]), 1 - float(usual), is_alone=is_alone)]
        if names is not None:
            parts.append(f"nearest: {names[nearest[0]]}")
        if cluster_of is not None:
            parts.append(f"in cluster {cluster_of[number] + 1}" if cluster_of[number] >= 0 else "in no cluster")
        outliers.append(Outlier(number, round(float(scores[number]), 4), "; ".join(parts), tuple(nearest)))
    return outliers


def _find_in_group(vectors: Vectors, rows: NDArray[np.int64], top: int, task: Task) -> list[Outlier]:
    """The outliers among some of the vectors, with their numbers among all."""
    found = find_outliers(vectors[rows], top=top, task=task)
    return [
        replace(entry, number=int(rows[entry.number]), neighbors=tuple(rows[list(entry.neighbors)].tolist()))
        for entry in found
    ]


def _measure_distances(neighbors: Neighbors, last: int) -> Values:
    """(n,) the mean distance to the neighbors up to rank `last`, without the nearer half; 0 to 2, smoothed."""
    distances = np.maximum(0.0, 1.0 - neighbors.cosines[:, last // 2 : last].astype(np.float64)).mean(axis=1)
    nearest = distances[neighbors.numbers[:, :_SMOOTHED]].mean(axis=1)
    return np.asarray((1 - _SMOOTHING) * distances + _SMOOTHING * nearest, np.float64)


def _reason(cosine: float, usual: float, *, is_alone: bool) -> str:
    """The reason in words. cosine: to the neighbors that count."""
    subject = "Far from all others" if is_alone else "Far from all but a few like it"
    return f"{subject}: cosine {cosine:.2f}, usually {usual:.2f}"
