"""The nearest neighbors of every vector among the others, from which maps, outliers and duplicates are computed.

Exact, in blocks, as long as that takes seconds. For more vectors a sketch finds candidates (principal components in
inverted lists), which are ranked by the cosines of the whole vectors. Memory holds one block of queries times all
vectors, never n x n.
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
_Found = tuple[Numbers, NDArray[np.float32]]

_EXACT = 20_000  # vectors up to which comparing all takes some seconds
_BLOCK = 1_024
_SKETCH = 128  # principal components: enough to tell candidates from the rest
_TRAINED_ON = 30_000
_CANDIDATES = 64  # re-ranked for each vector, or 2 (k + 1) if that is more
_LISTS_READ = 0.06  # share of the inverted lists that is read for each vector


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k nearest of each of n vectors, best first, without itself.

    Attributes
    ----------
    numbers
        (n, k) rows of the vectors.
    cosines
        (n, k), -1 to 1.
    """

    numbers: Numbers
    cosines: NDArray[np.float32]

    @property
    def k(self) -> int:
        """How many neighbors each vector has."""
        return self.numbers.shape[1]

    def first(self, k: int) -> Neighbors:
        """Only the k nearest of these; all if there are fewer."""
        return Neighbors(self.numbers[:, :k], self.cosines[:, :k])


@task_keywords
def find_nearest_neighbors(vectors: Vectors, k: int, *, task: Task = SILENT) -> Neighbors:
    """The k nearest neighbors of each of n unit vectors.

    Exact for up to 20,000 vectors. Beyond, it finds about 97 % of the true neighbors, with exact cosines.

    Parameters
    ----------
    vectors
        (n, dim) unit rows.
    k
        Neighbors of each; at most n - 1 are returned. Equal vectors are neighbors of each other, none of itself.

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
    stage = task.stage("neighbours", "vectors")
    sketch = _Sketch(vectors) if count > _EXACT else None
    for rows in _blocks(count):
        task.check("Stopped before the neighbors were found.")
        found = sketch.search(rows, k) if sketch else _search_exact(vectors, rows, k)
        numbers[rows], cosines[rows] = _drop_self(*found, rows)
        stage.report(rows.stop, count)
    return Neighbors(numbers, cosines)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))


def _search_exact(vectors: Vectors, rows: slice | Numbers, k: int) -> _Found:
    """(numbers, cosines), (m, k + 1) each: one more than k, since each vector finds itself too."""
    cosines, numbers = faiss.knn(vectors[rows], vectors, k + 1, metric=faiss.METRIC_INNER_PRODUCT)
    return numbers, cosines


class _Sketch:
    """Many vectors by their principal components, in inverted lists."""

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

    def search(self, rows: slice, k: int) -> _Found:
        """As `_search_exact`; a vector for which the lists hold too few neighbors is compared with all."""
        target = min(len(self._vectors), max(_CANDIDATES, 2 * (k + 1)))
        _, candidates = self._index.search(self._rows[rows], target)  # type: ignore[call-arg]
        cosines = np.stack(
            [self._vectors[entry] @ query for entry, query in zip(candidates, self._vectors[rows], strict=True)]
        )
        cosines[candidates < 0] = -np.inf
        best = np.argsort(-cosines, axis=1, kind="stable")[:, : k + 1]
        numbers, cosines = (np.take_along_axis(entry, best, axis=1) for entry in (candidates, cosines))
        if len(lacking := np.flatnonzero(numbers[:, -1] < 0)):
            numbers[lacking], cosines[lacking] = _search_exact(self._vectors, rows.start + lacking, k)
        return numbers, cosines


def _drop_self(numbers: Numbers, cosines: NDArray[np.float32], rows: slice) -> _Found:
    """(m, k) of (m, k + 1): each row's own number dropped, wherever equal vectors have left it; else the last."""
    own = numbers == np.arange(rows.start, rows.stop)[:, None]
    own[~own.any(axis=1), -1] = True
    return tuple(entry[~own].reshape(len(entry), -1) for entry in (numbers, cosines))  # type: ignore[return-value]
