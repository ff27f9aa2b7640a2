"""Frames of videos: a score that can be compared between them, and the match of a moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.search.relevance.posterior import CHUNK, SHARPER, sample_evenly
from core.search.relevance.reading import LEVEL_ITEMS, Relevance


def compute_moment_match(
    reading: Relevance, scores: NDArray[np.float32], vectors: Vectors, *, frames: int
) -> NDArray[np.float32]:
    """The match (m,), 0 to 1, of the best frames of moments, with these cosines (m,) and vectors (m, dim).

    A library of few videos has hardly any chance hits to be above, and each video has a best moment. So a text query
    must also describe the frame by itself. frames: number of frames that are searched.
    """
    return limit_moment_match(reading, reading.hit_probabilities(scores, vectors), vectors, frames=frames)


def limit_moment_match(
    reading: Relevance, match: NDArray[np.float32], vectors: Vectors, *, frames: int
) -> NDArray[np.float32]:
    """The same, from what `Relevance.hit_probabilities` returned for these frames."""
    return np.minimum(match, reading.description_probability(vectors, frames)) if reading.by_text else match


def compute_frame_posterior(reading: Relevance, vectors: Vectors) -> NDArray[np.float32] | None:
    """(m,), 0 to 1: square root of the probability that this query, and no reference query, describes each row
    (m, dim). None for image queries.

    It can be compared between frames, while the cosine is high for a frame that is near to any words. The root
    separates weak matches from none. Cosines of image queries need no such correction.
    """
    if not reading.by_text:
        return None
    scores = vectors @ reading.query
    posterior = np.zeros(len(vectors), np.float32)
    # a row that scores like any other hardly matches: five of six rows need no further computation
    rows = np.flatnonzero(scores > reading.mean + reading.std)
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        posterior[chunk] = np.exp(reading.sharp_posterior(scores[chunk], vectors[chunk]) / 2)
    return posterior


def compute_null_stats(reading: Relevance, vectors: Vectors) -> tuple[float, float]:
    """Mean and standard deviation of the frame posterior of reference queries over vectors (n, dim)."""
    rivals = vectors[sample_evenly(len(vectors), LEVEL_ITEMS)] @ reading.reference_prompts.T
    odds = np.exp(SHARPER * (rivals - rivals.mean(axis=1, keepdims=True)) / (rivals.std(axis=1)[:, None] + 1e-6))
    posterior = np.sqrt(np.minimum(1.0, odds / (odds @ reading.prior)[:, None]))
    return float(posterior.mean()), float(posterior.std()) + 1e-6
