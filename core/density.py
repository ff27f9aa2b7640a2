"""Groups by density, as HDBSCAN finds them (Campello et al. 2013), on a graph of nearest neighbours.

In many dimensions distances hardly differ, and HDBSCAN on them leaves most points out. Neighbours do better: two points
are near one another if they share many of their nearest (Jarvis and Patrick 1973; Ertöz et al. 2003). The graph has a
few edges a point, so that there is no n x n matrix. What then lies between groups joins the one that holds the most of
its neighbours, if those are a third of them, and leaves it again if it is an outlier there by distance: among strangers
too, something is nearest.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from core.encoders.base import Vectors, unit_rows
from core.progress import OnProgress
from core.vectors.neighbors import Neighbors, find_nearest_neighbors

if TYPE_CHECKING:
    from scipy.sparse import csr_array


_NEIGHBORS = 20
_FEWEST = 5
_CORE = 3  # neighbours within which a point is dense (HDBSCAN's min_samples)
_LARGEST = 0.6  # of all points: a group of more is split further, or everything would often be one
_JOINS = 1 / 3
_FENCE = 3.0  # interquartile ranges
_SEPARATION = 2.0  # length of the edges that only hold the graph together; neighbours are at most about 1 apart
_CHUNK = 100_000  # edges at a time


def find_dense_groups(
    vectors: Vectors, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None
) -> Numbers:
    """(n,) a group for each of (n, dim) unit rows, -1 for none. Groups have at least five points, of many points
    half their square root. Raises Cancelled.
    """
    from sklearn.cluster import HDBSCAN

    count = len(vectors)
    if count <= 2 * _FEWEST:
        return np.full(count, -1, np.int64)
    neighbors = find_nearest_neighbors(
        vectors, min(_NEIGHBORS, max(_FEWEST, count // 8)), on_progress=on_progress, cancel=cancel
    )
    found = HDBSCAN(
        min_cluster_size=max(_FEWEST, round(count**0.5 / 2)), min_samples=_CORE, max_cluster_size=int(_LARGEST * count),
        metric="precomputed", copy=False,
    ).fit_predict(_count_shared_neighbors(neighbors))  # fmt: skip
    return _drop_strays(_merge_groups(np.asarray(found, np.int64), neighbors), vectors)


def _count_shared_neighbors(neighbors: Neighbors) -> csr_array:
    """(n, n) sparse and connected: how few of their neighbours two neighbouring points share, from above 0 to 1."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    count, k = neighbors.numbers.shape
    starts, ends = np.repeat(np.arange(count), k), neighbors.numbers.ravel()
    has = csr_array((np.ones(len(ends), np.int8), (starts, ends)), shape=(count, count))
    chunks = [slice(first, first + _CHUNK) for first in range(0, len(ends), _CHUNK)]
    shared = np.concatenate([has[starts[chunk]].multiply(has[ends[chunk]]).sum(axis=1) for chunk in chunks])
    # cosines break ties, and keep every edge above the zero that sparse matrices drop
    lengths = (1 - shared / k) + 1e-2 * (1.1 - neighbors.cosines.ravel())
    graph = csr_array((lengths, (starts, ends)), shape=(count, count))
    parts, part_of = connected_components(graph, directed=False)
    if parts > 1:
        firsts = np.unique(part_of, return_index=True)[1]
        bridges = np.full(parts - 1, _SEPARATION)
        graph = graph + csr_array((bridges, (firsts[:-1], firsts[1:])), shape=(count, count))
    return graph.maximum(graph.T).tocsr()


def _merge_groups(of: Numbers, neighbors: Neighbors) -> Numbers:
    """The same groups with the points that lie at their edges."""
    if of.max(initial=-1) < 0:
        return of
    votes = np.zeros((len(of), of.max() + 2), np.int32)  # the last column counts neighbours of no group
    for column in neighbors.numbers.T:
        votes[np.arange(len(of)), of[column]] += 1
    best = votes[:, :-1].argmax(axis=1)
    join = (of < 0) & (votes[:, :-1].max(axis=1) > _JOINS * neighbors.k)
    return np.where(join, best, of)


def _drop_strays(of: Numbers, vectors: Vectors) -> Numbers:
    """The same groups without the members whose cosine to the middle lies below the outer fence (Tukey 1977)."""
    cached = of.copy()
    for number in range(of.max(initial=-1) + 1):
        members = np.flatnonzero(of == number)
        cosines = vectors[members] @ unit_rows(vectors[members].mean(axis=0))
        low, high = np.quantile(cosines, [0.25, 0.75])
        cached[members[cosines < low - _FENCE * (high - low)]] = -1
    return cached
