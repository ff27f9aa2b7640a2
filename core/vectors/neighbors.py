"""Nearest neighbors of every vector among the others, the basis of maps, outliers and duplicates.

Small sets are compared exactly, in blocks. For large ones a sketch finds candidates (principal components in inverted
lists), which are ranked by the cosines of the full vectors. Memory holds one block of queries times all vectors, never
n x n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.progress import SILENT, Task

Numbers = NDArray[np.int64]
_Nearest = tuple[Numbers, NDArray[np.float32]]  # numbers and cosines

EXACT_UP_TO = 20_000  # vectors, which takes some seconds
_BLOCK = 1_024
_SKETCH = 128  # principal components, enough to find candidates
_TRAINED_ON = 30_000
_CANDIDATES = 64  # re-ranked per vector, or 2 (k + 1) if that is more
_LISTS_READ = 0.06  # share of the inverted lists that is read per vector


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k nearest neighbors of each of n vectors, best first, without the vector itself.

    Attributes
    ----------
    numbers : ndarray of int64, shape (n, k)
        Rows of the vectors.
    cosines : ndarray of float32, shape (n, k)
        -1 to 1.
    """

    numbers: Numbers
    cosines: NDArray[np.float32]

    @property
    def k(self) -> int:
        """Neighbors per vector."""
        return self.numbers.shape[1]

    def first(self, k: int) -> Neighbors:
        """The k nearest of these; all if there are fewer."""
        return Neighbors(self.numbers[:, :k], self.cosines[:, :k])


@task_keywords
def find_nearest_neighbors(
    vectors: Vectors, k: int, *, exact_up_to: int = EXACT_UP_TO, task: Task = SILENT
) -> Neighbors:
    """The k nearest neighbors of each of n unit vectors.

    Exact for up to `exact_up_to` vectors. Beyond, it finds about 97 % of the true neighbors, with exact cosines.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
        Unit rows.
    k : int
        Neighbors of each vector, at most n - 1. Equal vectors are neighbors of each other; none is its own.
    exact_up_to : int, optional
        Most vectors that are all compared with one another.
    task : Task, optional

    Returns
    -------
    Neighbors

    Raises
    ------
    Cancelled
        Once `task` is cancelled.

    References
    ----------
    Jégou, Douze, Schmid 2011, "Product quantization for nearest neighbor search" (here without the quantizer).
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    count = len(vectors)
    k = max(0, min(k, count - 1))
    numbers, cosines = np.empty((count, k), np.int64), np.empty((count, k), np.float32)
    if not k:
        return Neighbors(numbers, cosines)
    stage = task.stage("neighbors", "vectors")
    sketch = _Sketch(vectors) if count > exact_up_to else None
    for rows in _blocks(count):
        task.check("Stopped before the neighbors were found.")
        nearest = sketch.search(rows, k) if sketch else _search_exact(vectors, rows, k)
        numbers[rows], cosines[rows] = _drop_self(*nearest, rows)
        stage.report(rows.stop, count)
    return Neighbors(numbers, cosines)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))


def _search_exact(vectors: Vectors, rows: slice | Numbers, k: int) -> _Nearest:
    """Numbers and cosines, (m, k + 1) each: one more than k, since each vector finds itself."""
    cosines, numbers = faiss.knn(vectors[rows], vectors, k + 1, metric=faiss.METRIC_INNER_PRODUCT)
    return numbers, cosines


class _Sketch:
    """Principal components of many vectors, in inverted lists."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        count, dim = vectors.shape
        sample = vectors[np.sort(np.random.default_rng(0).choice(count, min(count, _TRAINED_ON), replace=False))]
        components = faiss.PCAMatrix(dim, min(dim, _SKETCH))
        components.train(sample)  # type: ignore[call-arg]
        self._rows = np.concatenate([components.apply(vectors[rows]) for rows in _blocks(count)])  # type: ignore[call-arg]
        width = self._rows.shape[1]
        lists = int(np.sqrt(count))
        self._index = faiss.IndexIVFFlat(faiss.IndexFlatL2(width), width, lists, faiss.METRIC_L2)
        self._index.cp.min_points_per_centroid = 1
        self._index.train(components.apply(sample))  # type: ignore[call-arg]
        self._index.add(self._rows)  # type: ignore[call-arg]
        self._index.nprobe = max(8, round(_LISTS_READ * lists))

    def search(self, rows: slice, k: int) -> _Nearest:
        """Like `_search_exact`; a vector with too few neighbors in its lists is compared with all vectors."""
        target = min(len(self._vectors), max(_CANDIDATES, 2 * (k + 1)))
        _, candidates = self._index.search(self._rows[rows], target)  # type: ignore[call-arg]
        cosines = np.stack(
            [self._vectors[numbers] @ query for numbers, query in zip(candidates, self._vectors[rows], strict=True)]
        )
        cosines[candidates < 0] = -np.inf
        best = np.argsort(-cosines, axis=1, kind="stable")[:, : k + 1]
        numbers, cosines = (np.take_along_axis(values, best, axis=1) for values in (candidates, cosines))
        if len(incomplete := np.flatnonzero(numbers[:, -1] < 0)):
            numbers[incomplete], cosines[incomplete] = _search_exact(self._vectors, rows.start + incomplete, k)
        return numbers, cosines


def _drop_self(numbers: Numbers, cosines: NDArray[np.float32], rows: slice) -> _Nearest:
    """(m, k) from (m, k + 1): without each row's own number, or without the last where equal vectors displace it."""
    is_self = numbers == np.arange(rows.start, rows.stop)[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    count = len(numbers)
    return numbers[~is_self].reshape(count, -1), cosines[~is_self].reshape(count, -1)
