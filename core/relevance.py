"""What a score means for this query in this library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.library.index import VectorIndex
from core.query import Term


@dataclass(frozen=True)
class Relevance:
    """Turns the scores of one query into probabilities that a hit is what the query means."""

    mean: float
    std: float

    @classmethod
    def of(cls, encoder: Encoder, index: VectorIndex, query: NDArray[np.float32], terms: Sequence[Term]) -> Relevance:
        """Measures the query's background: its scores against a sample of the library."""
        scores = index.background @ query
        return cls(float(scores.mean()), float(scores.std()) + 1e-6)

    def of_hits(self, scores: NDArray[np.float32], numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Probabilities (m,) for the hits with these scores and vector numbers."""
        z = (scores - self.mean) / self.std
        return (1 / (1 + np.exp(-(z - 3.5) * 2))).astype(np.float32)
