"""Where a sequence changes: the checkerboard novelty of Foote (2000).

A kernel slides along the diagonal of the matrix of similarities. It is positive where both frames lie before, or both
after, the middle, and negative where one is on either side. For unit vectors and a kernel without a taper, this is the
squared distance of the mean vectors before and after, so no matrix is needed.

References
----------
Foote 2000, "Automatic audio segmentation using a measure of audio novelty".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors


def compute_novelty(vectors: Vectors, half: int) -> NDArray[np.float64]:
    """The novelty before each frame.

    Parameters
    ----------
    vectors : array of float, shape (n, dim)
        One row for each step of time.
    half : int
        Steps on either side that are compared, at least 1; fewer at the ends.

    Returns
    -------
    array of float, shape (n,)
        From 0; the first is 0.
    """
    count = len(vectors)
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    at = np.arange(1, count)
    first, stop = np.maximum(0, at - half), np.minimum(count, at + half)
    before = (sums[at] - sums[first]) / (at - first)[:, None]
    after = (sums[stop] - sums[at]) / (stop - at)[:, None]
    return np.concatenate([np.zeros(min(1, count)), ((before - after) ** 2).sum(axis=1) / 2])


def find_peaks(novelty: NDArray[np.floating], count: int, *, apart: int, least: float) -> list[int]:
    """Up to `count` steps with the highest novelty, ascending.

    apart: steps between two of them, and from both ends. least: share of the highest peak below which nothing counts.
    """
    left = np.array(novelty, float)
    left[:apart] = 0.0
    left[len(left) - apart + 1 :] = 0.0
    peaks: list[int] = []
    highest = float(left.max(initial=0.0))
    while len(peaks) < count and highest > 0:
        best = int(left.argmax())
        if left[best] < least * highest or left[best] <= 0:
            break
        peaks.append(best)
        left[max(0, best - apart + 1) : best + apart] = 0.0
    return sorted(peaks)
