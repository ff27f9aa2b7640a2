"""The points that stand for others: the middle of a cluster, a varied few of it, and a few that cover everything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.errors import Cancelled
from core.explore.clustering import Clusters
from core.progress import OnProgress, Progress

Numbers = NDArray[np.int64]

_TYPICAL = 0.5  # share of a cluster, nearest to its middle, that its representatives are chosen from
_TELL = 64  # steps between two reports
_EQUAL = 1 - 1e-5  # cosine of equal vectors


def find_medoids(vectors: Vectors, clusters: Clusters) -> Numbers:
    """(k,) the member of each cluster that is nearest to its centre by cosine."""
    members = [clusters.members(number) for number in range(clusters.count)]
    return np.array(
        [entry[(vectors[entry] @ center).argmax()] for entry, center in zip(members, clusters.centers, strict=True)],
        np.int64,
    )


def find_representatives(vectors: Vectors, numbers: Numbers, count: int) -> Numbers:
    """Up to `count` of some points that show what they have in common and how they differ: the most central first,
    then each time the one that is least like those before it, out of the more typical half."""
    if not len(numbers) or count < 1:
        return np.empty(0, np.int64)
    rows = vectors[numbers]
    likeness = rows @ rows.mean(axis=0)
    typical = np.argsort(-likeness, kind="stable")[: max(count, round(_TYPICAL * len(rows)))]
    return numbers[typical[_farthest_first(rows[typical], count)]]


def cover_points(
    vectors: Vectors,
    count: int,
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Numbers:
    """The numbers of up to `count` of (n, dim) unit rows that cover all of them, for labelling.

    Farthest first (Gonzalez 1985): no k points leave a largest distance that is less than half of theirs. The most
    central comes first, and any first part of the answer covers as well as that number can. n x count cosines in all,
    n at a time. Raises Cancelled.
    """
    if not len(vectors):
        return np.empty(0, np.int64)
    started = time.monotonic()

    def tell(done: int) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled("Stopped before the sample was chosen.")
        if on_progress is not None and done % _TELL == 0:
            on_progress(Progress("coverage", done, min(count, len(vectors)), time.monotonic() - started))

    first = int((vectors @ vectors.mean(axis=0)).argmax())
    return _farthest_first(vectors, count, first=first, report=tell)


def _farthest_first(
    rows: Vectors, count: int, *, first: int = 0, report: Callable[[int], None] = lambda done: None
) -> Numbers:
    """Numbers of up to `count` rows, each the least like those before it; equal rows are not taken twice."""
    chosen = [first]
    likeness = rows @ rows[first]
    while len(chosen) < min(count, len(rows)):
        report(len(chosen))
        least = int(likeness.argmin())
        if likeness[least] >= _EQUAL:
            break
        chosen.append(least)
        np.maximum(likeness, rows @ rows[least], out=likeness)
    return np.array(chosen[: max(0, count)], np.int64)
