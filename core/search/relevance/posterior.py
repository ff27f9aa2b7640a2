"""The log posterior of a query among its reference queries, what it says of a library, and what is no rival."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.encoders.calibration import Calibration

SHARPNESS = 1.0  # of the softmax, per standard deviation
SHARPER = 2.0  # the same for frames, which compete within one video, and for classes
CHUNK = 4_096  # items whose cosines with all reference prompts are in memory at once
_KIND_OF, _KIND_SHARPNESS = 1.0, 4.0  # standard deviations of cosine above which a prompt may be a kind of a query


def compute_log_posterior(
    scores: NDArray[np.floating], rivals: NDArray[np.floating], weights: NDArray[np.floating], sharpness: float
) -> NDArray[np.float64]:
    """(n,) from the scores (n,) of queries, the scores (n, m) of their rivals and the weights (n, m) of the rivals."""
    mean, std = rivals.mean(axis=1), rivals.std(axis=1) + 1e-6
    own = sharpness * (scores - mean) / std
    rest = np.einsum("nm,nm->n", weights, np.exp(sharpness * (rivals - mean[:, None]) / std[:, None]))
    return np.asarray(own - np.log(rest + np.exp(own)), np.float64)


def compute_presence(calibration: Calibration, best: NDArray[np.floating], items: int) -> NDArray[np.float32]:
    """Probability that something is there, by each of the best items.

    Parameters
    ----------
    calibration : Calibration
    best : ndarray of float, shape (k,)
        Log posteriors, falling.
    items : int
        n >= k; beyond `calibration.max_items` the number makes no difference.

    Returns
    -------
    ndarray of float32, shape (k,)
        0 to 1. Ranks in the lower two thirds of a library cannot stand out.
    """
    weight, size, intercept = calibration.text_weights
    count = max(1, min(len(best), items // 3))
    ranks = np.arange(1, count + 1)
    chances = np.log(np.maximum(1.0, min(max(items, 1), calibration.max_items) / ranks))
    return logistic(weight * best[:count] + size * chances + intercept)


def weigh_rivals(similarity: NDArray[np.floating]) -> NDArray[np.float32]:
    """How much each reference prompt counts as a rival, from cosines (c, m) of queries and prompts: (c, m), 0 to 1.

    Queries are often broad ("animal"). A prompt that is much nearer to one than others ("a fish") may be a kind of it.
    """
    outstanding = (similarity - similarity.mean(axis=1, keepdims=True)) / (similarity.std(axis=1, keepdims=True) + 1e-6)
    return logistic(_KIND_SHARPNESS * (_KIND_OF - outstanding))


def logistic(logit: NDArray[np.floating]) -> NDArray[np.float32]:
    return (1.0 / (1.0 + np.exp(-logit))).astype(np.float32)


def sample_evenly(count: int, limit: int) -> NDArray[np.int64]:
    """Up to `limit` numbers spread evenly over range(count)."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).astype(np.int64))
