"""How many dimensions are enough: what is kept of neighbors, retrieval and classes, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors, unit_rows
from core.encoders.reduced import Method, compute_principal_axes, compute_weights
from core.errors import DataError
from core.geometry.quantization import Precision, QuantizedRows, measure_query_ms
from core.progress import SILENT, Task
from core.utils.blas_threads import limit_to_one_thread
from core.vectors.neighbors import find_nearest_neighbors

VERTEX = (128, 256, 512, 1408)  # dimensions of Vertex AI's multimodal embeddings, for comparison

Measure = Literal["overlap", "recall", "accuracy"]
MEASURES: tuple[Measure, ...] = get_args(Measure)

_QUERIES = 500
_NEAREST = 10
_FEWEST = 20  # vectors for an estimate of the intrinsic dimension
_DOUBLED = 8  # neighbors, compared with twice as many; enough that bursts of similar pictures have little effect
_COPY = 1e-4  # largest distance of copies


@dataclass(frozen=True, eq=False)
class Captions:
    """Texts that describe points.

    Attributes
    ----------
    vectors : array of float32, shape (m, dim)
        Unit rows.
    owners : array of int64, shape (m,)
        Rows of the points.
    """

    vectors: Vectors
    owners: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Classes:
    """Known classes of points.

    Attributes
    ----------
    vectors : array of float32, shape (c, dim)
        Unit rows of the classes' prompts.
    truth : array of int64, shape (n,)
        Class number of each point; -1 if unknown.
    """

    vectors: Vectors
    truth: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DimensionPoint:
    """Quality and cost of vectors with fewer dimensions or bytes.

    Attributes
    ----------
    method : {"pca", "truncate", "random"}
    precision : {"fp32", "fp16", "int8", "binary"}
    dim : int
    overlap : float
        Share of the nearest neighbors, see `get_nearest_count`, that are the same as with full vectors.
    recall : float or None
        Share of captions whose own picture is among the first 10; None if unknown.
    accuracy : float or None
        Of zero-shot classification; None if unknown.
    bytes : int
        Of one vector.
    query_ms : float
        Of an exact search through 20,000 such vectors on this machine.
    """

    method: Method
    precision: Precision
    dim: int
    overlap: float
    recall: float | None
    accuracy: float | None
    bytes: int
    query_ms: float


def get_nearest_count(count: int) -> int:
    """How many nearest neighbors are compared: 10, or a quarter of the others among fewer than 41 vectors.

    Parameters
    ----------
    count : int
        Number of vectors.

    Returns
    -------
    int
    """
    return max(1, min(_NEAREST, (count - 1) // 4))


def get_dimension_steps(dim: int) -> list[int]:
    """Powers of two below `dim`, and `dim`."""
    return [2**power for power in range(1, 20) if 2**power < dim] + [dim]


@task_keywords
@limit_to_one_thread()
def measure_dimension_curve(
    vectors: Vectors,
    *,
    methods: Sequence[Method] = ("pca", "truncate", "random"),
    precisions: Sequence[Precision] = ("fp32",),
    dims: Sequence[int] | None = None,
    captions: Captions | None = None,
    classes: Classes | None = None,
    learned_from: Vectors | None = None,
    seed: int = 0,
    task: Task = SILENT,
) -> list[DimensionPoint]:
    """Quality and cost for each method, number of dimensions and precision.

    Parameters
    ----------
    vectors : array of float32, shape (n, dim)
        Unit rows; up to 500 of them are queries.
    methods : sequence of {"pca", "truncate", "random"}
    precisions : sequence of {"fp32", "fp16", "int8", "binary"}
    dims : sequence of int, optional
        Default: `get_dimension_steps(dim)`.
    captions : Captions, optional
    classes : Classes, optional
    learned_from : array of float32, shape (m, dim), optional
        Vectors that principal components are learned from. Default: `vectors`, as for storing them; note that n
        components reproduce n vectors exactly, which says little about others.
    seed : int
        Of the queries and the random map.
    task : Task, optional

    Returns
    -------
    list of DimensionPoint

    Raises
    ------
    DataError
        There are fewer than 3 vectors, or no valid dimensions.
    Cancelled
    """
    if len(vectors) < 3:
        raise DataError("Comparing neighbors needs at least three vectors.")
    full_dim = vectors.shape[1]
    dims = sorted({dim for dim in dims or get_dimension_steps(full_dim) if 1 <= dim <= full_dim})
    if not dims:
        raise DataError(f"The vectors have {full_dim} dimensions: choose from 1 to {full_dim}.")
    rng = np.random.default_rng(seed)
    queries = np.sort(rng.choice(len(vectors), min(_QUERIES, len(vectors)), replace=False))
    reference = _find_neighbors(vectors, vectors[queries], queries)
    points: list[DimensionPoint] = []
    total, stage = len(methods) * len(dims) * len(precisions), task.stage("reduce", "steps")
    for method, dim, weights in _reductions(vectors, methods, dims, learned_from, seed):
        reduced = unit_rows(vectors @ weights)
        for precision in precisions:
            task.check("Stopped before the dimensions were measured.")
            coded = QuantizedRows.quantize(reduced, precision)
            neighbors = _find_neighbors(coded.rows, coded.score_queries(reduced[queries]), queries)
            overlap = _overlap(reference, neighbors)
            recall = _recall(coded, captions, weights) if captions else None
            accuracy = _accuracy(coded, classes, weights) if classes else None
            size, query_ms = coded.bytes, measure_query_ms(dim, precision)
            points.append(DimensionPoint(method, precision, dim, overlap, recall, accuracy, size, query_ms))
            stage.report(len(points), total)
    return points


def find_knee(points: Sequence[DimensionPoint]) -> DimensionPoint | None:
    """The point of diminishing returns: where the curve of overlap over log2 of the dimensions is highest above the
    straight line between its ends (Kneedle [1]_).

    Parameters
    ----------
    points : sequence of DimensionPoint
        Of one method and precision.

    Returns
    -------
    DimensionPoint or None
        None for fewer than three points.

    References
    ----------
    .. [1] Satopää et al. 2011, "Finding a 'kneedle' in a haystack: detecting knee points in system behavior"
    """
    if len(points) < 3:
        return None
    ordered = sorted(points, key=lambda point: point.dim)
    x = np.log2([point.dim for point in ordered])
    y = np.array([point.overlap for point in ordered])
    if y[-1] <= y[0] or x[-1] <= x[0]:
        return None
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    return ordered[int(np.argmax(above))]


def find_enough(points: Sequence[DimensionPoint], measure: Measure, *, share: float = 0.95) -> DimensionPoint | None:
    """The point with the fewest dimensions that keeps a share of the best measure, as do all points with more
    dimensions.

    Parameters
    ----------
    points : sequence of DimensionPoint
        Of one method and precision.
    measure : {"overlap", "recall", "accuracy"}
    share : float
        Of the measure at the most dimensions, 0 to 1.

    Returns
    -------
    DimensionPoint or None
        None if the measure is unknown.
    """
    ordered = sorted((point for point in points if getattr(point, measure) is not None), key=lambda point: -point.dim)
    enough = None
    for point in ordered:
        if getattr(point, measure) < share * getattr(ordered[0], measure):
            break
        enough = point
    return enough


@task_keywords
def estimate_intrinsic_dimension(vectors: Vectors, *, task: Task = SILENT) -> float | None:
    """Number of dimensions that vectors fill locally.

    In d dimensions twice as many neighbors lie within 2^(1/d) times the distance, so that d = ln 2 / ln(r_16 / r_8)
    with the distances of the 8th and the 16th neighbor; the median over all vectors (generalized ratios [1]_). The two
    nearest neighbors alone (TwoNN [2]_) give the same for scattered pictures, but fail for bursts of nearly equal ones.

    Parameters
    ----------
    vectors : array of float32, shape (n, dim)
        Unit rows.
    task : Task, optional

    Returns
    -------
    float or None
        None for fewer than 20 distinct vectors.

    References
    ----------
    .. [1] Denti et al. 2022, "The generalized ratios intrinsic dimension estimator"
    .. [2] Facco et al. 2017, "Estimating the intrinsic dimension of datasets by a minimal neighborhood information"
    """
    if len(vectors) < _FEWEST:
        return None
    k = min(_DOUBLED, (len(vectors) - 1) // 4)
    neighbors = find_nearest_neighbors(vectors, 2 * k, task=task)
    distances = np.sqrt(np.maximum(2.0 - 2.0 * neighbors.cosines[:, [k - 1, -1]].astype(np.float64), 0.0))
    distances = distances[distances[:, 0] > _COPY]
    if len(distances) < _FEWEST:
        return None
    growth = float(np.median(np.log(distances[:, 1] / distances[:, 0])))
    return float(np.log(2.0)) / growth if growth > _COPY else None


def _reductions(
    vectors: Vectors, methods: Sequence[Method], dims: Sequence[int], learned_from: Vectors | None, seed: int
) -> Iterator[tuple[Method, int, Vectors]]:
    """Each method and number of dimensions with its weights (full dim, dim); the principal axes are computed once."""
    axes = compute_principal_axes(vectors if learned_from is None else learned_from) if "pca" in methods else None
    for method in methods:
        for dim in dims:
            if method == "pca" and axes is not None:
                yield method, dim, axes[:, :dim]
            else:
                yield method, dim, compute_weights(vectors, dim, method=method, seed=seed)


def _overlap(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Mean share of neighbors (m, k) that two lists have in common, row by row."""
    return float(np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(first, second, strict=True)]))


def _find_neighbors(vectors: Vectors, queries: Vectors, own: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers (m, k) of the vectors nearest to each query, without its own number."""
    scores = queries @ vectors.T
    scores[np.arange(len(own)), own] = -np.inf
    k = get_nearest_count(len(vectors))
    return np.argpartition(-scores, k - 1, axis=1)[:, :k]


def _recall(quantized: QuantizedRows, captions: Captions, weights: Vectors) -> float:
    scores = quantized.score_queries(unit_rows(captions.vectors @ weights), words=True) @ quantized.rows.T
    own = scores[np.arange(len(scores)), captions.owners]
    return float(((scores >= own[:, None]).sum(axis=1) <= _NEAREST).mean())


def _accuracy(quantized: QuantizedRows, classes: Classes, weights: Vectors) -> float:
    known = classes.truth >= 0
    prompts = quantized.score_queries(unit_rows(classes.vectors @ weights), words=True)
    return float(((quantized.rows[known] @ prompts.T).argmax(axis=1) == classes.truth[known]).mean())
