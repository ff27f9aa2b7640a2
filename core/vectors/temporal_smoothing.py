"""Smooths scores within shots, over time and appearance (a bilateral filter, Tomasi and Manduchi 1998).

Frames of one shot share their evidence: a single high score by accident counts little, a pan or a blur does not split
a shot, and frames beyond a cut have no influence. The weights do not depend on the query.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors

_BLUR_S = 3.0  # standard deviation over time; a shot lasts a few seconds
_BLUR_LOOK = 0.3  # over appearance, from 0 (the same frame) to 1 (an unrelated one); pans are below it, cuts above
_BLUR_ROWS = 64  # most rows on each side, which limits the cost of densely sampled videos
_CHUNK = 8_192  # rows of vectors in memory
_SHORTEST_S = 1e-3


@dataclass(frozen=True)
class TemporalSmoother:
    """The rows of one or more videos in temporal order, and the weights between neighboring rows.

    Attributes
    ----------
    seconds : ndarray of float32, shape (n,)
        Duration of each row.
    neighbors : tuple of ndarray of float32
        neighbors[k - 1], shape (n - k,): weight between each row and the k-th after it, 0 to 1.
    """

    seconds: NDArray[np.float32]
    neighbors: tuple[NDArray[np.float32], ...]

    @classmethod
    def from_frames(
        cls,
        start_s: NDArray[np.float32],
        end_s: NDArray[np.float32],
        vectors: Callable[[int, int], Vectors],
        baseline_cosine: float,
        *,
        owners: NDArray[np.int64] | None = None,
    ) -> TemporalSmoother:
        """Computes the weights.

        Parameters
        ----------
        start_s, end_s : ndarray of float32, shape (n,)
            Seconds of the rows.
        vectors : callable
            Returns the unit rows from a first number to a stop number, float32 (stop - first, dim).
        baseline_cosine : float
            Cosine of two unrelated frames.
        owners : ndarray of int64, shape (n,), optional
            Video of each row, if there are several.

        Returns
        -------
        TemporalSmoother
        """
        count = len(start_s)
        nearest: list[NDArray[np.float32]] = []
        for offset in range(1, min(count, _BLUR_ROWS + 1)):
            gap_s = np.maximum(start_s[offset:] - end_s[:-offset], 0) / _BLUR_S
            if owners is not None:
                gap_s = np.where(owners[offset:] == owners[:-offset], gap_s, np.inf)
            if gap_s.min() > 3:
                break
            nearest.append(np.exp(-(gap_s**2) / 2).astype(np.float32))
        for first in range(0, count if nearest else 0, _CHUNK):
            rows = vectors(first, min(count, first + _CHUNK + len(nearest)))
            for offset, weights in enumerate(nearest, start=1):
                pairs = min(_CHUNK, len(rows) - offset)
                if pairs > 0:
                    cosines = np.einsum("nd,nd->n", rows[offset : offset + pairs], rows[:pairs])
                    look = (1 - cosines) / max(1 - baseline_cosine, 0.05) / _BLUR_LOOK
                    weights[first : first + pairs] *= np.exp(-(look**2) / 2)
        return cls(np.maximum(end_s - start_s, _SHORTEST_S), tuple(nearest))

    def smooth(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Smoothed scores, (n,): means of each score and its neighbors, weighted by time, similarity and duration."""
        total, weight = self.seconds * scores, self.seconds.copy()
        for offset, nearest in enumerate(self.neighbors, start=1):
            late, early = slice(offset, None), slice(None, -offset)
            for row, neighbor in ((late, early), (early, late)):
                total[row] += nearest * self.seconds[neighbor] * scores[neighbor]
                weight[row] += nearest * self.seconds[neighbor]
        return np.asarray(total / weight, np.float32)
