"""Whether the best of many classes describes an item at all, apart from any library."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.calibration import Calibration, get_calibration
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior
from core.search.relevance.posterior import CHUNK, SHARPER, compute_log_posterior, logistic, weigh_rivals


def description_probability(
    encoder: Encoder, texts: Vectors, vectors: Vectors, best: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Probability that the best class of each item describes it at all.

    As the best of many items is high by chance, so is the best of many classes.

    Parameters
    ----------
    encoder : Encoder
    texts : ndarray of float32, shape (c, dim)
        Vectors of the classes, unit rows.
    vectors : ndarray of float32, shape (n, dim)
        Vectors of the items, unit rows.
    best : ndarray of int, shape (n,)
        The best class of each item, 0 to c - 1.

    Returns
    -------
    ndarray of float32, shape (n,)
        0 to 1.
    """
    posterior = class_log_posterior(encoder, texts, vectors, best)
    return compute_description_probability(get_calibration(encoder), posterior, len(texts))


def compute_description_probability(
    calibration: Calibration, posterior: NDArray[np.floating], chances: int
) -> NDArray[np.float32]:
    """Probability (n,), 0 to 1, that a text describes an item, from its sharp log posteriors (n,).

    chances: number of texts, or of texts and items, that were compared; the best of many fits by accident.
    """
    weight, size, intercept = calibration.class_weights
    return logistic(weight * posterior + size * np.log(min(chances, calibration.max_classes)) + intercept)


def class_log_posterior(
    encoder: Encoder, texts: Vectors, vectors: Vectors, best: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Log posterior of the best class of each item among that class and the reference prompts: (n,), at most 0.

    Parameters are those of `description_probability`. What may be a kind of the class is no rival, as in search.
    """
    reference_prompts, prior = embed_reference_prompts(encoder), get_reference_prior()
    classes, places = np.unique(best, return_inverse=True)
    weights = prior * weigh_rivals(texts[classes] @ reference_prompts.T)
    posterior = np.empty(len(vectors), np.float64)
    for first in range(0, len(vectors), CHUNK):
        chunk = slice(first, first + CHUNK)
        scores = np.einsum("nd,nd->n", texts[best[chunk]], vectors[chunk])
        posterior[chunk] = compute_log_posterior(
            scores, vectors[chunk] @ reference_prompts.T, weights[places[chunk]], SHARPER
        )
    return posterior
