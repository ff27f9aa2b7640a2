"""Points that represent others: medoids, representatives of a cluster, and a few that cover all points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.explore.clustering import Clusters
from core.progress import SILENT, Task

Numbers = NDArray[np.int64]

_TYPICAL = 0.5  # share of a cluster, nearest to its center, that its representatives are chosen from
_REPORT_EVERY = 64  # steps
_EQUAL = 1 - 1e-5  # cosine of equal vectors


def find_medoids(vectors: Vectors, clusters: Clusters) -> Numbers:
    """(k,) the member of each cluster that is nearest to its center by cosine."""
    members = [clusters.members(number) for number in range(clusters.count)]
    return np.array(
        [entry[(vectors[entry] @ center).argmax()] for entry, center in zip(members, clusters.centers, strict=True)],
        np.int64,
    )


def find_representatives(vectors: Vectors, numbers: Numbers, count: int) -> Numbers:
    """Up to `count` of some points: the most central first, then from the more typical half each time the one least
    similar to those before."""
    if not len(numbers) or count < 1:
        return np.empty(0, np.int64)
    rows = vectors[numbers]
    similarities = rows @ rows.mean(axis=0)
    typical = np.argsort(-similarities, kind="stable")[: max(count, round(_TYPICAL * len(rows)))]
    return numbers[typical[_farthest_first(rows[typical], count)]]


@task_keywords
def cover_points(vectors: Vectors, count: int, *, task: Task = SILENT) -> Numbers:
    """Chooses points that cover all others, for labeling.

    Farthest-first traversal from the most central point: no other k points have less than half of the largest distance
    to the nearest chosen one. This holds for each prefix, too. It computes n times `count` cosines.

    Parameters
    ----------
    vectors : array of float, shape (n, dim)
        Unit rows.
    count : int
        Most points to choose; equal ones are chosen once.

    Returns
    -------
    array of int64
        Their rows.

    Raises
    ------
    Cancelled

    References
    ----------
    Gonzalez 1985, "Clustering to minimize the maximum intercluster distance".
    """
    if not len(vectors):
        return np.empty(0, np.int64)
    stage = task.stage("coverage")

    def report(done: int) -> None:
        task.check("Stopped before the sample was chosen.")
        if done % _REPORT_EVERY == 0:
            stage.report(done, min(count, len(vectors)))

    first = int((vectors @ vectors.mean(axis=0)).argmax())
    return _farthest_first(vectors, count, first=first, report=report)


def _farthest_first(
    rows: Vectors, count: int, *, first: int = 0, report: Callable[[int], None] = lambda done: None
) -> Numbers:
    """Up to `count` rows, each the least similar to those before; of equal rows one."""
    chosen = [first]
    similarities = rows @ rows[first]
    while len(chosen) < min(count, len(rows)):
        report(len(chosen))
        least = int(similarities.argmin())
        if similarities[least] >= _EQUAL:
            break
        chosen.append(least)
        np.maximum(similarities, rows @ rows[least], out=similarities)
    return np.array(chosen[: max(0, count)], np.int64)
