"""How many dimensions are enough? What is kept of neighbours, retrieval and classes, and what it costs."""

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

VERTEX = (128, 256, 512, 1408)  # dimensions that Vertex AI's multimodal embeddings offer, for comparison

Measure = Literal["overlap", "recall", "accuracy"]
MEASURES: tuple[Measure, ...] = get_args(Measure)

_QUERIES = 500
_NEAREST = 10
_FEWEST = 20  # vectors that an intrinsic dimension is estimated from
_DOUBLED = 8  # neighbours, and twice as many: enough that a burst of alike pictures does not count as a dimension
_COPY = 1e-4  # distance of copies


@dataclass(frozen=True, eq=False)
class Captions:
    """Texts that are known to describe points: vectors (m, dim) unit rows, owners (m,) rows of the points."""

    vectors: Vectors
    owners: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes that points are known to be of: vectors (c, dim) of their prompts, truth (n,) numbers, -1 unknown."""

    vectors: Vectors
    truth: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DimensionPoint:
    """One way to keep vectors. overlap: share of the nearest neighbours (`get_nearest_count`) that are the same as with
    whole vectors.
    recall: share of captions whose own picture is among the first 10; accuracy: of zero-shot; None where unknown.
    bytes: of one vector. query_ms: of a search by one query through 20,000 such vectors, exact, on this machine.
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
    """How many nearest neighbours are compared among so many vectors: 10, of fewer than 41 a quarter of the others."""
    return max(1, min(_NEAREST, (count - 1) // 4))


def get_dimension_steps(dim: int) -> list[int]:
    """2, 4, 8 and so on, and the whole number of dimensions."""
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
    """What is kept and what it costs, for each method, number of dimensions and precision.

    vectors: (n, dim) unit rows; up to 500 of them ask for their neighbours. dims: default `get_dimension_steps(dim)`.
    learned_from: other vectors (m, dim), that principal components are learned from; default: these same vectors, as
    for storing them. Of n vectors n components reproduce those same vectors, however little that says of others.
    Raises DataError for fewer than 3 vectors and where none of the dimensions is among theirs, and Cancelled.
    """
    if len(vectors) < 3:
        raise DataError("It takes at least three vectors to compare neighbours.")
    whole_dim = vectors.shape[1]
    dims = sorted({dim for dim in dims or get_dimension_steps(whole_dim) if 1 <= dim <= whole_dim})
    if not dims:
        raise DataError(f"The vectors have {whole_dim} dimensions: choose some of 1 to {whole_dim}.")
    rng = np.random.default_rng(seed)
    request = np.sort(rng.choice(len(vectors), min(_QUERIES, len(vectors)), replace=False))
    whole = _find_neighbors(vectors, vectors[request], request)
    found: list[DimensionPoint] = []
    total, stage = len(methods) * len(dims) * len(precisions), task.stage("reduce", "steps")
    for method, dim, weights in _reductions(vectors, methods, dims, learned_from, seed):
        less = unit_rows(vectors @ weights)
        for precision in precisions:
            task.check("Stopped before the dimensions were measured.")
            coded = QuantizedRows.quantize(less, precision)
            overlap = _overlap(whole, _find_neighbors(coded.rows, coded.score_queries(less[request]), request))
            recall = _recall(coded, captions, weights) if captions else None
            accuracy = _accuracy(coded, classes, weights) if classes else None
            size, query_ms = coded.bytes, measure_query_ms(dim, precision)
            found.append(DimensionPoint(method, precision, dim, overlap, recall, accuracy, size, query_ms))
            stage.report(len(found), total)
    return found


def find_knee(points: Sequence[DimensionPoint]) -> DimensionPoint | None:
    """Where more dimensions stop to pay: the point of the curve of overlap over log2 of the dimensions that lies
    highest above the line from its first to its last one (Kneedle, Satopää et al. 2011). None for fewer than three.
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
    """The point with the fewest dimensions that keeps this share of what the point with the most has, it and all with
    more dimensions. None where the measure is not known."""
    ordered = sorted((point for point in points if getattr(point, measure) is not None), key=lambda point: -point.dim)
    found = None
    for point in ordered:
        if getattr(point, measure) < share * getattr(ordered[0], measure):
            break
        found = point
    return found


@task_keywords
def estimate_intrinsic_dimension(vectors: Vectors, *, task: Task = SILENT) -> float | None:
    """How many dimensions the vectors (n, dim) fill locally: in d dimensions twice as many neighbours lie within
    2^(1/d) times the distance, so that d = ln 2 / ln(r_16 / r_8), of the distances of the 8th and the 16th neighbour,
    by the median over all vectors (generalised ratios, Denti et al. 2022). None for fewer than 20 that are no copies.

    The two nearest alone (TwoNN, Facco et al. 2017) tell as much of scattered pictures, and little where these come in
    bursts of nearly equal ones.
    """
    if len(vectors) < _FEWEST:
        return None
    k = min(_DOUBLED, (len(vectors) - 1) // 4)
    near = find_nearest_neighbors(vectors, 2 * k, task=task)
    distances = np.sqrt(np.maximum(2.0 - 2.0 * near.cosines[:, [k - 1, -1]].astype(np.float64), 0.0))
    distances = distances[distances[:, 0] > _COPY]
    if len(distances) < _FEWEST:
        return None
    grown = float(np.median(np.log(distances[:, 1] / distances[:, 0])))
    return float(np.log(2.0)) / grown if grown > _COPY else None


def _reductions(
    vectors: Vectors, methods: Sequence[Method], dims: Sequence[int], learned_from: Vectors | None, seed: int
) -> Iterator[tuple[Method, int, Vectors]]:
    """Each method and number of dimensions with its weights (all dims, dim); the principal axes are found once."""
    axes = compute_principal_axes(vectors if learned_from is None else learned_from) if "pca" in methods else None
    for method in methods:
        for dim in dims:
            if method == "pca" and axes is not None:
                yield method, dim, axes[:, :dim]
            else:
                yield method, dim, compute_weights(vectors, dim, method=method, seed=seed)


def _overlap(sample: NDArray[np.int64], rest: NDArray[np.int64]) -> float:
    """The share of neighbours (m, k) that both have, row by row."""
    return float(np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(sample, rest, strict=True)]))


def _find_neighbors(vectors: Vectors, queries: Vectors, own: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m, k) numbers of the vectors nearest to each query, itself (own) left out."""
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
