"""Outliers: single items, and small groups, that are far from all others in a library.

An item's distance is the mean of those to its ten nearest (Angiulli and Pizzuti 2002; Ramaswamy et al. 2000), measured
in spreads above the median. But outliers come in groups: screenshots among photos are near one another, and the
distance to neighbors does not find them. So the single-linkage tree of mutual reachability (Campello et al. 2015, as in
HDBSCAN) is searched at many scales for small groups that are less than half as wide as they are far from the rest. A
group has the same measure as a single item, the distance to the nearest outside it: a tight group of usual photos, such
as copies of one, is no outlier. The size of a group counts as evidence only if it is clearly far.

An isolation forest (Liu et al. 2008) was measured and left out. Of 303 photos and planted pictures it puts a single
drawing, screenshot or noise at place 142, 234 and 188 (medians of ten draws), which is chance; by distance they are at
about 70, 21 and 40. Of 20 planted among 500 it finds none within the first 30.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.progress import SILENT, Task
from core.vectors.neighbors import Neighbors, find_nearest_neighbors

Values = NDArray[np.float64]

UNUSUAL = 0.4  # score from which people call a picture unusual: about one photo in twelve
_NEIGHBORS = 60  # more than the largest group, so that each member knows others outside

_NEAREST = 10  # of which the mean distance counts; in small libraries one in twenty, at least three
_INSIDE = 3  # of which the mean is a group's width
_GROUP = 40  # items at most in a group that is strange as a whole, and
_GROUP_SHARE = 0.08  # of all items
_REACH = 5  # the neighbour whose distance an item's reach is
_SCALES = 32
_WIDE = 0.5  # of the distance to the rest: a wider group is no group of its own
_WHOLE_GROUP = 0.8  # weight of the group's distance beside the item's own
_FAR = 0.75  # spreads beyond the usual from which the size of a group counts,
_EVIDENCE = 0.3  # by this power of its size,
_ENOUGH = 8  # up to so many
_HALF = 2.0  # spreads beyond the usual that make a score of 0.5
_SHOWN = 5
_NOTHING = 1e-3  # distances below this are those of equal items


@dataclass(frozen=True, slots=True)
class Outlier:
    """One of n vectors. score: 0 (as near to others as usual) to 1; 0.5 at two spreads above the median.

    reason: in words. neighbors: numbers of the nearest, nearest first.
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
        Of these vectors; computed if there are fewer than 60 of each.
    cluster_of : ndarray of int, shape (n,), optional
        The cluster of each, -1 for none; for the reasons only.
    names : sequence of str, optional
        Of each; for the reasons only.
    top : int
        Most outliers.

    Returns
    -------
    list of Outlier
        Most unusual first. A spread is the root mean square of the distances above their median.

    Raises
    ------
    Cancelled
    """
    count = len(vectors)
    target = min(_NEIGHBORS, count - 1)
    if target < 1 or top < 1:
        return []
    if neighbors is None or neighbors.k < target:
        neighbors = find_nearest_neighbors(vectors, target, task=task)
    distances = np.maximum(0.0, 1.0 - neighbors.cosines.astype(np.float64))
    alone = distances[:, : _nearest(count)].mean(axis=1)
    usual = float(np.median(alone))
    above = alone[alone > usual] - usual
    spread = max(_NOTHING, float(np.sqrt((above**2).mean())) if len(above) else 0.0)
    strangeness, size, outside = (alone - usual) / spread, np.ones(count), alone.copy()
    stage = task.stage("outliers", "scales")
    for done, group in enumerate(_groupings(neighbors, distances), start=1):
        task.check("Stopped before the outliers were found.")
        predictions, sizes, out = _score_groups(group, neighbors, distances, usual, spread)
        better = predictions > strangeness
        strangeness[better], size[better], outside[better] = predictions[better], sizes[better], out[better]
        stage.report(done, _SCALES)
    scores = np.maximum(0.0, strangeness) / (np.maximum(0.0, strangeness) + _HALF)
    found = []
    for number in np.argsort(-strangeness, kind="stable")[:top].tolist():
        near = neighbors.numbers[number, :_SHOWN].tolist()
        parts = [_reason(int(size[number]), 1 - float(outside[number]), 1 - usual)]
        if names is not None:
            parts.append(f"nearest: {names[near[0]]}")
        if cluster_of is not None:
            parts.append(f"in cluster {cluster_of[number] + 1}" if cluster_of[number] >= 0 else "in no cluster")
        found.append(Outlier(number, round(float(scores[number]), 4), "; ".join(parts), tuple(near)))
    return found


def _reason(size: int, cosine: float, usual: float) -> str:
    """In words. cosine: to the nearest outside the group, or of all."""
    who = f"One of {size} that are alike, but all others are far" if size > 1 else "Its nearest neighbours are far"
    return f"{who}: cosine {cosine:.2f} where {usual:.2f} is usual"


def _nearest(count: int) -> int:
    """Neighbours whose mean distance counts, of so many items."""
    return min(_NEAREST, max(3, count // 20))


def _score_groups(
    group: NDArray[np.int32], neighbors: Neighbors, distances: Values, usual: float, spread: float
) -> tuple[Values, NDArray[np.int64], Values]:
    """(n,) how strange each is as a member of its group, in spreads; the group's size; the distance to what is outside.

    -inf for members of groups that are too large or too wide, and for what is in none.
    """
    count = len(group)
    counts = np.bincount(group)
    sizes = counts[group]
    same = group[neighbors.numbers] == group[:, None]
    out = _mean_first(distances, ~same, _nearest(count), otherwise=distances[:, -1])
    width = _mean_first(distances, same, _INSIDE, otherwise=out)
    far, wide = ((np.bincount(group, entry) / counts)[group] for entry in (out, width))
    evidence = np.where(far > usual + _FAR * spread, np.minimum(sizes, _ENOUGH) ** _EVIDENCE, 1.0)
    predictions = (_WHOLE_GROUP * far + (1 - _WHOLE_GROUP) * out - usual) / spread * evidence
    small = (sizes > 1) & (sizes <= min(_GROUP, int(_GROUP_SHARE * count))) & (wide < _WIDE * far)
    return np.where(small, predictions, -np.inf), sizes, out


def _groupings(neighbors: Neighbors, distances: Values) -> Iterator[NDArray[np.int32]]:
    """(n,) the group of each item at one scale after another, from narrow to wide."""
    count, k = distances.shape
    if k < _REACH:
        return
    one, other = np.repeat(np.arange(count), k), neighbors.numbers.ravel()
    reach = distances[:, _REACH - 1]
    mutual = np.maximum(distances.ravel(), np.maximum(reach[one], reach[other])) + 1e-9  # 0 would be no edge
    graph = coo_matrix((mutual, (one, other)), (count, count)).tocsr()
    tree = minimum_spanning_tree(graph).tocoo()
    for scale in np.quantile(tree.data, np.linspace(0.02, 0.995, _SCALES)):
        near = tree.data <= scale
        edges = coo_matrix((tree.data[near], (tree.row[near], tree.col[near])), (count, count))
        yield connected_components(edges, directed=False)[1]


def _mean_first(distances: Values, mask: NDArray[np.bool_], first: int, *, otherwise: Values) -> Values:
    """(n,) the mean of each row's `first` least distances where the mask (n, k) is set; `otherwise` where none is."""
    taken = mask & (np.cumsum(mask, axis=1, dtype=np.int16) <= first)
    counts = taken.sum(axis=1)
    return np.where(counts > 0, (distances * taken).sum(axis=1) / np.maximum(counts, 1), otherwise)
