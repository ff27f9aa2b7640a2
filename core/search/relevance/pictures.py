"""Queries with pictures: how far a cosine lies above chance, and which hits are of the very same picture."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.encoders.calibration import Calibration
from core.search.relevance.posterior import logistic

Copy = Literal["same", "part"]  # of the query's picture: the very picture, or another part of it

_PART = 0.6  # share of the way to chance within which two photos show parts of one: 3 of 125,000 pairs that do not


def compute_image_match(
    calibration: Calibration, scores: NDArray[np.float32], null: tuple[float, float]
) -> NDArray[np.float32]:
    """The match (m,), 0 to 1, of hits with these cosines (m,). null: mean and standard deviation by chance."""
    mean, std = null
    weight, intercept = calibration.image_weights
    relevance = logistic(weight * (scores - mean) / std + intercept)
    # the same image, or another part of it, matches however varied or uniform a library is
    same = np.where(scores >= calibration.same_image, scores, 1 - _measure_way(calibration, scores, mean))
    return np.maximum(relevance, same).clip(0, 1)


def name_copies(calibration: Calibration, scores: NDArray[np.float32], mean: float) -> list[Copy | None]:
    """What hits with these cosines (m,) are, if they are of the query's own picture. mean: cosine by chance."""
    return [
        "same" if score >= calibration.same_image else "part" if way <= _PART else None
        for score, way in zip(scores.tolist(), _measure_way(calibration, scores, mean).tolist(), strict=True)
    ]


def _measure_way(calibration: Calibration, scores: NDArray[np.float32], mean: float) -> NDArray[np.float32]:
    """(m,) how far cosines are on the way from 1 to chance, in units of `same_scene`."""
    return (1 - scores) / (1 - mean) / np.float32(calibration.same_scene)
