"""What a score means: how likely it is that a hit is what the query asks for, and where likely matches end.

Cosines of dual encoders cannot be compared between queries, so each query is read against neutral ones: the same sum
of terms with other words (or other pictures of the library) in their places.

Where words ask, what counts is the choice: the log of the probability that this query, and none of the neutral ones,
describes the hit. It is a softmax over scores standardised per hit, in which a neutral query counts less the nearer it
is to the query in meaning (a paraphrase is no rival). The best of many items is high by chance, so the size of the
library enters as well. Where pictures ask, it is the level: how far the score lies above those of neutral queries.
Logistic regressions turn both into probabilities (`tools/fit_relevance.py`; `python -m core eval relevance` measures).
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

LIKELY = 0.4  # the line: to miss a match is taken to be a little worse than to show one too many

_KIND_OF, _KIND_SHARPNESS = 1.0, 4.0  # standard deviations of likeness above which a prompt may be a kind of a class
_SHARPNESS = 2.0  # of the softmax, per standard deviation
_LEVEL_QUERIES, _LEVEL_ITEMS = 256, 512
_CHUNK = 4_096  # items at a time, whose likeness to all neutral prompts is held at once
_PRIOR_PAIRS = 64  # pairs of prompts that stand in for a background while the library has next to none


@dataclass(frozen=True)
class Relevance:
    """One query, read against neutral ones.

    query: (dim,) unit. neutral: (m, dim) unit rows; prior: (m,) how much each counts. items: vectors of
    the kind that is searched, each a chance to match by accident.
    by_text: no picture is among the terms.
    mean, std: of the cosines that neutral queries reach over the library: what is chance.
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
        """query: the unit vector (dim,) of `terms`. background: (b, dim), b > 0, a sample of the library's vectors."""
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
        """Probabilities (m,), 0 to 1, for hits of these cosines (m,) and vectors (m, dim)."""
        if self.by_text:
            weight, size, intercept = self.calibration.text_weights
            items = min(self.items, self.calibration.max_items)
            return _logistic(weight * self.log_posterior(scores, vectors) + size * np.log(items) + intercept)
        weight, intercept = self.calibration.image_weights
        relevance = _logistic(weight * (scores - self.mean) / self.std + intercept)
        # the very picture, or another part of it, is what was meant, however much a library varies or is alike
        far = (1 - scores) / (1 - self.mean) / self.calibration.same_scene
        same = np.where(scores >= self.calibration.same_image, scores, 1 - far)
        return np.maximum(relevance, same).clip(0, 1)

    def frame_posterior(self, vectors: Vectors) -> NDArray[np.float32] | None:
        """(m,), 0 to 1: the root of the probability that this query, and none of the neutral ones, describes the row
        (m, dim). It can be compared between frames, where cosines flatter a frame that is near to any words; the root
        keeps weak answers apart from none. None where pictures ask: their cosines have no such fault.
        """
        if not self.by_text:
            return None
        scores = vectors @ self.query
        evidence = np.zeros(len(vectors), np.float32)
        # what scores like anything else is hardly what was meant, and five of six rows need no closer look
        rows = np.flatnonzero(scores > self.mean + self.std)
        for first in range(0, len(rows), _CHUNK):
            sample = rows[first : first + _CHUNK]
            evidence[sample] = np.exp(self.log_posterior(scores[sample], vectors[sample]) / 2)
        return evidence

    def null_stats(self, vectors: Vectors) -> tuple[float, float]:
        """Mean and standard deviation of the evidence that neutral queries find in vectors (n, dim)."""
        rivals = vectors[_sample_evenly(len(vectors), _LEVEL_ITEMS)] @ self.reference_prompts.T
        odds = np.exp(_SHARPNESS * (rivals - rivals.mean(axis=1, keepdims=True)) / (rivals.std(axis=1)[:, None] + 1e-6))
        found = np.sqrt(np.minimum(1.0, odds / (odds @ self.prior)[:, None]))
        return float(found.mean()), float(found.std()) + 1e-6

    def log_posterior(self, scores: NDArray[np.float32], vectors: Vectors) -> NDArray[np.float64]:
        """(m,), at most 0: ln p(this query | hit), among the query and its neutral rivals; see the module's head."""
        likeness = np.clip(self.reference_prompts @ self.query, 0.0, 1.0)
        weights = self.prior * (1.0 - likeness**2) ** 2
        return _log_posterior(
            scores, vectors @ self.reference_prompts.T, np.broadcast_to(weights, (len(vectors), len(weights)))
        )


def description_probability(
    encoder: Encoder, texts: Vectors, vectors: Vectors, best: NDArray[np.integer]
) -> NDArray[np.float32]:
    """(n,) probabilities, 0 to 1, that the class numbered best[i], the best of c, describes item i at all.

    texts: (c, dim) vectors of the classes, and vectors: (n, dim) of the items, unit rows. As the best of many items is
    high by chance, so is the best of many classes.
    """
    calibration = get_calibration(encoder)
    weight, size, intercept = calibration.class_weights
    choice = class_log_posterior(encoder, texts, vectors, best)
    return _logistic(weight * choice + size * np.log(min(len(texts), calibration.max_classes)) + intercept)


def class_log_posterior(
    encoder: Encoder, texts: Vectors, vectors: Vectors, best: NDArray[np.integer]
) -> NDArray[np.float64]:
    """(n,), at most 0: ln p(class best[i] | item i), among that class and its neutral rivals; see `describes`.

    Classes are often broad ("animal"), and all that stands out as near to one among the neutral prompts ("a fish") may
    be a kind of it: such prompts do not rival it.
    """
    reference_prompts, prior = embed_reference_prompts(encoder), get_reference_prior()
    request, places = np.unique(best, return_inverse=True)
    likeness = texts[request] @ reference_prompts.T
    outstanding = (likeness - likeness.mean(axis=1, keepdims=True)) / (likeness.std(axis=1, keepdims=True) + 1e-6)
    weights = prior * _logistic(_KIND_SHARPNESS * (_KIND_OF - outstanding))
    choice = np.empty(len(vectors), np.float64)
    for first in range(0, len(vectors), _CHUNK):
        sample = slice(first, first + _CHUNK)
        scores = np.einsum("nd,nd->n", texts[best[sample]], vectors[sample])
        choice[sample] = _log_posterior(scores, vectors[sample] @ reference_prompts.T, weights[places[sample]])
    return choice


def _log_posterior(
    scores: NDArray[np.floating], rivals: NDArray[np.floating], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(n,) from the scores (n,) of the queries, those of their rivals (n, m), and how much each rival counts (n, m)."""
    mean, std = rivals.mean(axis=1), rivals.std(axis=1) + 1e-6
    own = _SHARPNESS * (scores - mean) / std
    rest = np.einsum("nm,nm->n", weights, np.exp(_SHARPNESS * (rivals - mean[:, None]) / std[:, None]))
    return np.asarray(own - np.log(rest + np.exp(own)), np.float64)


def _get_reference_queries(prompts: Vectors, background: Vectors, terms: Sequence[Term]) -> Vectors:
    """The query's own sum with neutral stand-ins, as many as there are prompts: texts for texts, items for pictures."""
    if len(terms) == 1 and terms[0].weight > 0:
        return prompts if terms[0].is_word else background
    rng = np.random.default_rng(0)
    total = np.zeros_like(prompts)
    for place, term in enumerate(terms):  # the first keeps the order of the prompts, and so their prior
        order = rng.permutation(len(prompts)) if place else np.arange(len(prompts))
        pool = prompts if term.is_word else background
        total += np.float32(term.weight) * pool[order % len(pool)]
    return unit_rows(total)


def _logistic(logit: NDArray[np.floating]) -> NDArray[np.float32]:
    return (1.0 / (1.0 + np.exp(-logit))).astype(np.float32)


def _sample_evenly(count: int, limit: int) -> NDArray[np.int64]:
    """Up to `limit` numbers spread evenly over range(count)."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).astype(np.int64))
