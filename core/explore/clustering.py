"""Clusters of vectors by k-means, HDBSCAN or Ward's method, and measures of their quality.

All methods work on the vectors, not on the map: centered and reduced to the first principal components, which loses no
quality and saves most of the time.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.deprecated import renamed_attribute, task_keywords
from core.encoders.base import Vectors, unit_rows
from core.errors import DataError
from core.progress import SILENT, Task
from core.utils.blas_threads import limit_to_one_thread
from core.vectors.neighbors import Neighbors, find_nearest_neighbors
from core.vectors.pca import principal_components, project_onto

if TYPE_CHECKING:
    from scipy.sparse import csr_array


Method = Literal["kmeans", "hdbscan", "agglomerative"]
Numbers = NDArray[np.int64]

_COMPONENTS = 32
_FIT_ROWS = 20_000  # vectors that the principal components are computed from
_SAMPLE = 2_000  # points that a silhouette is computed from
_CHOICE_ROWS = 5_000  # vectors that the number of clusters is chosen with
_COUNTS = (*range(2, 13), 14, 17, 20, 24, 28, 34, 40)  # numbers of clusters tried if none is given
_MICRO = 2_000  # micro-clusters that Ward's method starts from if there are more points


@dataclass(frozen=True, eq=False)
class Clusters:
    """n points in k groups, numbered by size, the largest first.

    Parameters
    ----------
    labels : array of int, shape (n,)
        The cluster of each point, -1 for none.
    centers : array of float, shape (k, dim)
        Unit rows: the means of the members.
    method : {"kmeans", "hdbscan", "agglomerative"}
    silhouette : float or None
        -1 to 1 (Rousseeuw 1987), by cosine of centered vectors, of a sample; None for fewer than two clusters.
    """

    labels: Numbers
    centers: Vectors
    method: Method
    silhouette: float | None
    of = renamed_attribute("of", "labels")
    centres = renamed_attribute("centres", "centers")

    @property
    def count(self) -> int:
        return len(self.centers)

    @property
    def sizes(self) -> Numbers:
        """(k,) members of each."""
        return np.bincount(self.labels[self.labels >= 0], minlength=self.count)

    def members(self, number: int) -> Numbers:
        """The points of one cluster, ascending."""
        return np.flatnonzero(self.labels == number)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Normalized mutual information (0 to 1, arithmetic mean) and adjusted Rand index (1: equal, 0: chance)."""

    nmi: float
    ari: float


@task_keywords
def find_clusters(
    vectors: Vectors, *, method: Method = "kmeans", k: int | None = None, seed: int = 0, task: Task = SILENT
) -> Clusters:
    """Groups similar vectors.

    Parameters
    ----------
    vectors : array of float, shape (n, dim)
        Unit rows.
    method : {"kmeans", "agglomerative", "hdbscan"}
        "agglomerative" is Ward's method, on k-means micro-clusters for more than 2,000 points. "hdbscan" finds the
        number of clusters itself, and leaves points out.
    k : int, optional
        Number of clusters, not for "hdbscan". Default: the one with the best silhouette of k-means, 2 to 40 and at
        most the square root of n.
    task : Task, optional
        Ends the search for k with the best so far; "hdbscan" raises Cancelled.

    Raises
    ------
    DataError
        For an unknown method, fewer than two vectors, or a k that does not fit.
    Cancelled

    References
    ----------
    k-means++: Arthur and Vassilvitskii 2007. Ward 1963. HDBSCAN: Campello et al. 2013.
    """
    if method not in get_args(Method):
        raise DataError(f"There is no method {method!r}: choose {', '.join(get_args(Method))}.")
    if len(vectors) < 2:
        raise DataError(f"{len(vectors)} points make no clusters: index more files, or loosen the filters.")
    if k is not None and method == "hdbscan":
        raise DataError("HDBSCAN finds the number of clusters itself: leave k out, or choose kmeans.")
    if k is not None and not 1 <= k <= len(vectors):
        raise DataError(f"{len(vectors):,} points cannot make {k:,} clusters: ask for 1 to {len(vectors):,}.")
    reduced = reduce_vectors(vectors)
    if method == "hdbscan":
        of = find_dense_groups(reduced, task=task)
    else:
        with limit_to_one_thread():  # with so few dimensions threads mostly wait for each other
            if k is None:
                k = _best_count(_sample_rows(reduced, _CHOICE_ROWS, seed), seed, task)
            of = _kmeans(reduced, k, seed) if method == "kmeans" else _ward(reduced, k, seed)
    of = _order_by_size(of)
    return Clusters(of, compute_centers(vectors, of), method, compute_silhouette(reduced, of, seed=seed))


def reduce_vectors(vectors: Vectors) -> Vectors:
    """(n, at most 32) unit rows: the centered vectors along their first principal components."""
    sample = _sample_rows(vectors, _FIT_ROWS, 0)
    return unit_rows(project_onto(vectors, *principal_components(sample, min(_COMPONENTS, *sample.shape))))


def compute_centers(vectors: Vectors, of: Numbers) -> Vectors:
    """(k, dim) unit rows: the mean of the members of each group of 0 to k - 1."""
    sums = np.zeros((of.max(initial=-1) + 1, vectors.shape[1]), np.float32)
    for number, entry in enumerate(sums):
        entry += vectors[of == number].sum(axis=0)
    return unit_rows(sums)


def compute_silhouette(vectors: Vectors, of: Numbers, *, seed: int = 0) -> float | None:
    """The mean silhouette (-1 to 1) of up to 2,000 clustered points; None for fewer than two clusters."""
    from sklearn.metrics import silhouette_score

    rows = np.flatnonzero(of >= 0)
    if len(rows) > _SAMPLE:
        rows = np.random.default_rng(seed).choice(rows, _SAMPLE, replace=False)
    if not 2 <= len(np.unique(of[rows])) < len(rows):
        return None
    return float(silhouette_score(vectors[rows], of[rows], metric="cosine"))


def compute_agreement(of: Sequence[int] | Numbers, truth: Sequence[object]) -> Agreement:
    """How well clusters (n,) agree with true labels (n,); -1 counts as a cluster of its own."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    names = [str(entry) for entry in truth]
    return Agreement(float(normalized_mutual_info_score(names, of)), float(adjusted_rand_score(names, of)))


def _kmeans(reduced: Vectors, k: int, seed: int) -> Numbers:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    means = KMeans(k, n_init=3 if len(reduced) <= _FIT_ROWS else 1, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than clusters: the rest stay empty
        return np.asarray(means.fit_predict(reduced), np.int64)


def _ward(reduced: Vectors, k: int, seed: int) -> Numbers:
    from scipy.cluster.hierarchy import fcluster, ward
    from sklearn.cluster import MiniBatchKMeans

    if len(reduced) <= max(_MICRO, k):
        return np.asarray(fcluster(ward(reduced), k, "maxclust"), np.int64)
    micro = MiniBatchKMeans(max(_MICRO, k), n_init=1, random_state=seed).fit(reduced)
    own = np.unique(micro.labels_, return_inverse=True)[1]
    sizes = np.bincount(own)
    sums = np.zeros((len(sizes), reduced.shape[1]))
    np.add.at(sums, own, reduced)
    return ward_of_groups(sums / sizes[:, None], sizes, k)[own]


def ward_of_groups(means: NDArray[np.float64], sizes: Numbers, k: int) -> Numbers:
    """(m,) the cluster, 0 to k - 1, of each of m groups of points, by Ward's method on all their points.

    Merging two groups costs |a||b| / (|a| + |b|) times the squared distance of their means; scipy's `ward` takes single
    points only. Nearest-neighbor chains (Murtagh 1983) find the merges in any order; they are then sorted by cost.
    """
    means, weights = np.array(means, np.float64), np.array(sizes, np.float64)
    squares = (means**2).sum(axis=1)
    joined: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(joined) < len(sizes) - 1:
        at = chain[-1] if chain else int(np.flatnonzero(weights)[0])
        squared = np.maximum(squares + squares[at] - 2 * means @ means[at], 0)
        costs = np.where(weights > 0, weights * weights[at] / np.maximum(weights + weights[at], 1) * squared, np.inf)
        costs[at] = np.inf
        nearest = int(np.argmin(costs))
        if len(chain) > 1 and costs[chain[-2]] <= costs[nearest]:  # each the nearest of the other
            nearest = chain[-2]
            del chain[-2:]
            joined.append((float(costs[nearest]), nearest, at))
            means[nearest] = (weights[nearest] * means[nearest] + weights[at] * means[at]) / (
                weights[nearest] + weights[at]
            )
            weights[nearest], weights[at] = weights[nearest] + weights[at], 0
            squares[nearest] = (means[nearest] ** 2).sum()
        else:
            chain = chain or [at]
            chain.append(nearest)
    return _cut(joined, len(sizes), k)


def _cut(joined: Sequence[tuple[float, int, int]], count: int, k: int) -> Numbers:
    """(count,) the clusters after all merges but the k - 1 most expensive ones."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = np.array([entry[1:] for entry in sorted(joined)][: count - k], np.int64).reshape(-1, 2)
    edges = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)


def _best_count(reduced: Vectors, seed: int, task: Task) -> int:
    """The number of k-means clusters with the best silhouette: 2 to the root of the number of points, at most 40."""
    most = max(2, round(len(reduced) ** 0.5))
    counts = [count for count in _COUNTS if count <= most]
    scores: list[float] = []
    stage = task.stage("clusters", "tries")
    for count in counts:
        if scores and task.is_cancelled:
            break
        score = compute_silhouette(reduced, _kmeans(reduced, count, seed), seed=seed)
        scores.append(-1.0 if score is None else score)
        stage.report(len(scores), len(counts))
    return counts[int(np.argmax(scores))]


def _sample_rows(rows: Vectors, limit: int, seed: int) -> Vectors:
    """All rows, or a fixed random sample of them."""
    if len(rows) <= limit:
        return rows
    return rows[np.sort(np.random.default_rng(seed).choice(len(rows), limit, replace=False))]


def _order_by_size(of: Numbers) -> Numbers:
    """The clusters renumbered by size, the largest 0; -1 stays."""
    groups, places, sizes = np.unique(of, return_inverse=True, return_counts=True)
    order = np.argsort(-np.where(groups < 0, -1, sizes), kind="stable")
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups))
    return np.where(of < 0, -1, ranks[places])


_NEIGHBORS = 20
_FEWEST = 5
_CORE = 3  # HDBSCAN's min_samples
_LARGEST = 0.6  # share of all points: larger clusters are split, or one would often hold nearly everything
_JOINS = 1 / 3  # share of a point's neighbors in a cluster, above which it joins the cluster
_FENCE = 3.0  # interquartile ranges
_SEPARATION = 2.0  # length of edges that only connect the graph; other edges are at most about 1 long
_CHUNK = 100_000  # edges at a time


def find_dense_groups(vectors: Vectors, *, task: Task = SILENT) -> Numbers:
    """(n,) the cluster of each of (n, dim) unit rows by HDBSCAN, -1 for none. A cluster has at least five points, and
    at least half the square root of n. Raises Cancelled.
    """
    from sklearn.cluster import HDBSCAN

    count = len(vectors)
    if count <= 2 * _FEWEST:
        return _add_equal(np.full(count, -1, np.int64), vectors, _FEWEST)
    neighbors = find_nearest_neighbors(vectors, min(_NEIGHBORS, max(_FEWEST, count // 8)), task=task)
    found = HDBSCAN(
        min_cluster_size=max(_FEWEST, round(count**0.5 / 2)), min_samples=_CORE, max_cluster_size=int(_LARGEST * count),
        metric="precomputed", copy=False,
    ).fit_predict(_count_shared_neighbors(neighbors))  # fmt: skip
    of = _drop_strays(_merge_groups(np.asarray(found, np.int64), neighbors), vectors)
    return _add_equal(of, vectors, max(_FEWEST, round(count**0.5 / 2)))


def _add_equal(of: Numbers, vectors: Vectors, least: int) -> Numbers:
    """The clusters, and one for each vector that at least so many points of no cluster have: the method splits what
    holds most of the points, and leaves out what cannot be split."""
    rest = np.flatnonzero(of < 0)
    if len(rest) < least:
        return of
    _, group, sizes = np.unique(vectors[rest].round(4), axis=0, return_inverse=True, return_counts=True)
    large = np.flatnonzero(sizes >= least)
    numbers = np.full(len(sizes), -1, np.int64)
    numbers[large] = of.max(initial=-1) + 1 + np.arange(len(large))
    of = of.copy()
    of[rest] = numbers[group.ravel()]
    return of


def _count_shared_neighbors(neighbors: Neighbors) -> csr_array:
    """(n, n) sparse, connected graph of neighbors: the share of neighbors that two points do not share, above 0."""
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
    """The clusters, joined by points at their edges."""
    if of.max(initial=-1) < 0:
        return of
    votes = np.zeros((len(of), of.max() + 2), np.int32)  # the last column counts neighbors in no cluster
    for column in neighbors.numbers.T:
        votes[np.arange(len(of)), of[column]] += 1
    best = votes[:, :-1].argmax(axis=1)
    join = (of < 0) & (votes[:, :-1].max(axis=1) > _JOINS * neighbors.k)
    return np.where(join, best, of)


def _drop_strays(of: Numbers, vectors: Vectors) -> Numbers:
    """The clusters without members whose cosine with the center is below the outer fence (Tukey 1977)."""
    without = of.copy()
    for number in range(of.max(initial=-1) + 1):
        members = np.flatnonzero(of == number)
        cosines = vectors[members] @ unit_rows(vectors[members].mean(axis=0))
        low, high = np.quantile(cosines, [0.25, 0.75])
        without[members[cosines < low - _FENCE * (high - low)]] = -1
    return without
