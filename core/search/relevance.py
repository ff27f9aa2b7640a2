"""Relevance: the probability that a hit matches the query, and the line where likely matches end.

Cosines of dual encoders cannot be compared between queries, so each query is judged against reference queries: the same
sum of terms, with other words (or other images of the library) in their places.

For a text query, the log posterior counts: the log of the probability that this query, and no reference query,
describes the hit. It is a softmax over scores standardized per hit. A reference query counts less the nearer it is to
the query in meaning (a paraphrase is no rival). The best of many items is high by chance, so the size of the library
enters as well. For an image query, the level counts: how far the score lies above those of reference queries. Logistic
regressions turn both into probabilities. `core.encoders.calibration` has their weights; `tools/fit_relevance.py` fits
them, and `python -m core eval relevance` measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.calibration import Calibration, get_calibration
from core.encoders.precomputed import supports_text
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior
from core.search.query import Term

LIKELY = 0.4  # the line: a missed match counts as a little worse than a wrong one

_KIND_OF, _KIND_SHARPNESS = 1.0, 4.0  # standard deviations of cosine above which a prompt may be a kind of a class
_SHARPNESS = 2.0  # of the softmax, per standard deviation
_LEVEL_QUERIES, _LEVEL_ITEMS = 256, 512
_CHUNK = 4_096  # items whose cosines with all reference prompts are in memory at once
_PRIOR_PAIRS = 64  # pairs of prompts that serve as background while the library has hardly any


@dataclass(frozen=True)
class Relevance:
    """A query, judged against reference queries.

    Parameters
    ----------
    query : ndarray of float32, shape (dim,)
        Unit vector.
    reference_prompts : ndarray of float32, shape (m, dim)
        The reference queries, unit rows.
    prior : ndarray of float32, shape (m,)
        Weight of each as a rival, 0 to 1.
    items : int
        Number of vectors that are searched; each may match by chance.
    by_text : bool
        Whether no image is among the terms.
    mean, std : float
        Of the cosines of reference queries with the library: the null distribution.
    calibration : Calibration
        Of the encoder, with thresholds that hold for this library.
    """

    query: NDArray[np.float32]
    reference_prompts: Vectors
    prior: NDArray[np.float32]
    items: int
    by_text: bool
    mean: float
    std: float
    calibration: Calibration

    @classmethod
    def from_query(
        cls, encoder: Encoder, background: Vectors, query: NDArray[np.float32], terms: Sequence[Term], *, items: int
    ) -> Relevance:
        """query: unit vector (dim,) of `terms`. background: (b, dim), b > 0, a sample of the library's vectors."""
        calibration = get_calibration(encoder).at(background)
        prompts = embed_reference_prompts(encoder) if supports_text(encoder) else background
        reference_prompts = _get_reference_queries(prompts, background, terms)
        by_text = all(term.is_word for term in terms)
        scores = (
            reference_prompts[_sample_evenly(len(reference_prompts), _LEVEL_QUERIES)]
            @ background[_sample_evenly(len(background), _LEVEL_ITEMS)].T
        )
        if not by_text:
            half = min(_PRIOR_PAIRS, len(prompts) // 2)
            scores = np.append(scores[scores < calibration.same_image], (prompts[:half] * prompts[-half:]).sum(axis=1))
        prior = get_reference_prior() if by_text else np.ones(len(reference_prompts), np.float32)
        mean, std = float(scores.mean()), float(scores.std()) + 1e-6
        return cls(query, reference_prompts, prior, items, by_text, mean, std, calibration)

    def hit_probabilities(self, scores: NDArray[np.float32], vectors: Vectors) -> NDArray[np.float32]:
        """Relevance (m,), 0 to 1, of hits with these cosines (m,) and vectors (m, dim)."""
        if self.by_text:
            weight, size, intercept = self.calibration.text_weights
            items = min(self.items, self.calibration.max_items)
            return _logistic(weight * self.log_posterior(scores, vectors) + size * np.log(items) + intercept)
        weight, intercept = self.calibration.image_weights
        relevance = _logistic(weight * (scores - self.mean) / self.std + intercept)
        # the same image, or another part of it, matches however varied or uniform a library is
        far = (1 - scores) / (1 - self.mean) / self.calibration.same_scene
        same = np.where(scores >= self.calibration.same_image, scores, 1 - far)
        return np.maximum(relevance, same).clip(0, 1)

    def frame_posterior(self, vectors: Vectors) -> NDArray[np.float32] | None:
        """(m,), 0 to 1: square root of the probability that this query, and no reference query, describes each row
        (m, dim). None for image queries.

        It can be compared between frames, while the cosine is high for a frame that is near to any words. The root
        separates weak matches from none. Cosines of image queries need no such correction.
        """
        if not self.by_text:
            return None
        scores = vectors @ self.query
        posterior = np.zeros(len(vectors), np.float32)
        # a row that scores like any other hardly matches: five of six rows need no further computation
        rows = np.flatnonzero(scores > self.mean + self.std)
        for first in range(0, len(rows), _CHUNK):
            chunk = rows[first : first + _CHUNK]
            posterior[chunk] = np.exp(self.log_posterior(scores[chunk], vectors[chunk]) / 2)
        return posterior

    def null_stats(self, vectors: Vectors) -> tuple[float, float]:
        """Mean and standard deviation of the `frame_posterior` of reference queries over vectors (n, dim)."""
        rivals = vectors[_sample_evenly(len(vectors), _LEVEL_ITEMS)] @ self.reference_prompts.T
        odds = np.exp(_SHARPNESS * (rivals - rivals.mean(axis=1, keepdims=True)) / (rivals.std(axis=1)[:, None] + 1e-6))
        posterior = np.sqrt(np.minimum(1.0, odds / (odds @ self.prior)[:, None]))
        return float(posterior.mean()), float(posterior.std()) + 1e-6

    def log_posterior(self, scores: NDArray[np.float32], vectors: Vectors) -> NDArray[np.float64]:
        """(m,), at most 0: ln p(this query | hit), among the query and its reference queries; see the module."""
        similarity = np.clip(self.reference_prompts @ self.query, 0.0, 1.0)
        weights = self.prior * (1.0 - similarity**2) ** 2
        return _log_posterior(
            scores, vectors @ self.reference_prompts.T, np.broadcast_to(weights, (len(vectors), len(weights)))
        )


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
    calibration = get_calibration(encoder)
    weight, size, intercept = calibration.class_weights
    posterior = class_log_posterior(encoder, texts, vectors, best)
    return _logistic(weight * posterior + size * np.log(min(len(texts), calibration.max_classes)) + intercept)


def class_log_posterior(
    encoder: Encoder, texts: Vectors, vectors: Vectors, best: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Log posterior of the best class of each item among that class and the reference prompts: (n,), at most 0.

    Parameters are those of `description_probability`. Classes are often broad ("animal"). A reference prompt that is
    much nearer to a class than others ("a fish") may be a kind of it, and is no rival.
    """
    reference_prompts, prior = embed_reference_prompts(encoder), get_reference_prior()
    classes, places = np.unique(best, return_inverse=True)
    similarity = texts[classes] @ reference_prompts.T
    outstanding = (similarity - similarity.mean(axis=1, keepdims=True)) / (similarity.std(axis=1, keepdims=True) + 1e-6)
    weights = prior * _logistic(_KIND_SHARPNESS * (_KIND_OF - outstanding))
    posterior = np.empty(len(vectors), np.float64)
    for first in range(0, len(vectors), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        scores = np.einsum("nd,nd->n", texts[best[chunk]], vectors[chunk])
        posterior[chunk] = _log_posterior(scores, vectors[chunk] @ reference_prompts.T, weights[places[chunk]])
    return posterior


def _log_posterior(
    scores: NDArray[np.floating], rivals: NDArray[np.floating], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(n,) from the scores (n,) of queries, the scores (n, m) of their rivals and the weights (n, m) of the rivals."""
    mean, std = rivals.mean(axis=1), rivals.std(axis=1) + 1e-6
    own = _SHARPNESS * (scores - mean) / std
    rest = np.einsum("nm,nm->n", weights, np.exp(_SHARPNESS * (rivals - mean[:, None]) / std[:, None]))
    return np.asarray(own - np.log(rest + np.exp(own)), np.float64)


def _get_reference_queries(prompts: Vectors, background: Vectors, terms: Sequence[Term]) -> Vectors:
    """The query's sum with other terms, as many as there are prompts: texts for texts, items for images."""
    if len(terms) == 1 and terms[0].weight > 0:
        return prompts if terms[0].is_word else background
    rng = np.random.default_rng(0)
    total = np.zeros_like(prompts)
    for place, term in enumerate(terms):  # the first keeps the order of the prompts, which is that of the prior
        order = rng.permutation(len(prompts)) if place else np.arange(len(prompts))
        pool = prompts if term.is_word else background
        total += np.float32(term.weight) * pool[order % len(pool)]
    return unit_rows(total)


def _logistic(logit: NDArray[np.floating]) -> NDArray[np.float32]:
    return (1.0 / (1.0 + np.exp(-logit))).astype(np.float32)


def _sample_evenly(count: int, limit: int) -> NDArray[np.int64]:
    """Up to `limit` numbers spread evenly over range(count)."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).astype(np.int64))
