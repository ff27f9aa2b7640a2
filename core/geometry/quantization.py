"""Vectors with fewer bytes per dimension: what they lose, and how fast they are searched."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import faiss
import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors, unit_rows
from core.utils.blas_threads import limit_to_one_thread
from core.vectors.parts import pad_rows

Precision = Literal["fp32", "fp16", "int8", "binary"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

_NEAREST = 10
_TIMED_ROWS, _TIMED_QUERIES = 20_000, 32  # random vectors, so that figures do not depend on the size of the library


@dataclass(frozen=True, eq=False)
class QuantizedRows:
    """Vectors as decoded from a precision: rows (n, d).

    "binary" keeps the signs of the centered vectors after a random rotation (d, d), `turn`: without it, principal
    components of hardly any variance would count as much as the first. middle: (d,), the mean.
    """

    rows: Vectors
    precision: Precision
    middle: NDArray[np.float32]
    turn: NDArray[np.float32] | None = None

    @classmethod
    def quantize(cls, vectors: Vectors, precision: Precision) -> QuantizedRows:
        """Encodes and decodes vectors (n, d)."""
        middle = vectors.mean(axis=0)
        if precision == "binary":
            turn = _rotation(len(middle))
            return cls(_signs((vectors - middle) @ turn), precision, middle, turn)
        if precision == "fp32":
            return cls(vectors, precision, middle)
        index = _index(vectors.shape[1], precision)
        index.train(vectors)
        index.add(vectors)
        return cls(unit_rows(index.reconstruct_n(0, len(vectors))), precision, middle)

    @property
    def bytes(self) -> int:
        """Of one vector."""
        width = self.rows.shape[1]
        return {"fp32": 4 * width, "fp16": 2 * width, "int8": width, "binary": -(-width // 8)}[self.precision]

    def score_queries(self, queries: Vectors, *, words: bool = False) -> Vectors:
        """Queries for the inner product with `rows`: unchanged, but signs for binary rows.

        words: whether all queries are texts, which are then centered by their own mean.
        """
        if self.turn is None:
            return queries
        return _signs((queries - (queries.mean(axis=0) if words else self.middle)) @ self.turn)


@lru_cache(maxsize=256)
@limit_to_one_thread()
def measure_query_ms(dim: int, precision: Precision) -> float:
    """Milliseconds of an exact search for one query through 20,000 random vectors.

    Parameters
    ----------
    dim : int
    precision : {"fp32", "fp16", "int8", "binary"}

    Returns
    -------
    float
        The best of 32 queries, with one thread of this machine.
    """
    rng = np.random.default_rng(0)
    rows = pad_rows(unit_rows(rng.random((_TIMED_ROWS, dim), np.float32) - 0.5))
    index = _index(rows.shape[1], precision)
    if precision == "binary":
        packed = np.packbits(rows > 0, axis=1)
        index.add(packed)
        queries: NDArray[Any] = packed[:_TIMED_QUERIES]
    else:
        index.train(rows)
        index.add(rows)
        queries = rows[:_TIMED_QUERIES]
    best = float("inf")
    for query in queries:  # one at a time, as in interactive search
        started = time.perf_counter()
        index.search(query[None], _NEAREST)
        best = min(best, time.perf_counter() - started)
    return 1000 * best


@lru_cache(maxsize=32)
def _rotation(dim: int) -> NDArray[np.float32]:
    """A random but fixed rotation (dim, dim)."""
    return np.linalg.qr(np.random.default_rng(0).normal(size=(dim, dim)))[0].astype(np.float32)


def _index(dim: int, precision: Precision) -> Any:
    if precision == "binary":
        return faiss.IndexBinaryFlat(dim + -dim % 8)
    if precision == "fp32":
        return faiss.IndexFlatIP(dim)
    kind = faiss.ScalarQuantizer.QT_fp16 if precision == "fp16" else faiss.ScalarQuantizer.QT_8bit
    return faiss.IndexScalarQuantizer(dim, kind, faiss.METRIC_INNER_PRODUCT)


def _signs(vectors: NDArray[np.floating]) -> Vectors:
    return unit_rows(np.where(vectors >= 0, 1.0, -1.0))
