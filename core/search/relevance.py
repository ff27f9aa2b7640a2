"""Relevance, shown as "match": how probable it is that a hit is what the query means, and the line where doubt begins.

Cosines of dual encoders cannot be compared between queries, so each query is judged against reference queries: the same
sum of terms, with other words (or other images of the library) in their places.

For a text query, the log posterior counts: the log of the probability that this query, and no reference query,
describes the hit. It is a softmax over scores standardized per hit, so a photo that is near to any words gains nothing.
Reference queries that may be kinds of the query ("a beagle" for "a dog") are no rivals. Two questions follow:

- Is it there at all? The best of many items is high by chance. So the k-th best counts less ln(n / k) for n items, as
  in the false discovery rate [1]_, and the strongest rank decides: `presence`.
- Is it this one? What counts is how high the hit stands between chance and the best hit: `height`.

The match is the smaller of the two. For an image query, the level counts: how far the score lies above those of
reference queries. Logistic regressions turn all of them into probabilities. `core.encoders.calibration` has their
weights; `tools/fit_relevance.py` fits them, and `python -m core eval relevance` measures.

References
----------
.. [1] Benjamini and Hochberg 1995, "Controlling the false discovery rate"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.calibration import Calibration, get_calibration
from core.encoders.precomputed import supports_text
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior
from core.library.index import VectorIndex
from core.search.query import Term

NEAREST = 200  # items by which a query is judged in a library
LIKELY = 0.4  # the line: a missed match counts as a little worse than a wrong one

Copy = Literal["same", "part"]  # of the query's picture: the very picture, or another part of it

_PART = 0.6  # share of the way to chance within which two photos show parts of one: 3 of 125,000 pairs that do not
_KIND_OF, _KIND_SHARPNESS = 1.0, 4.0  # standard deviations of cosine above which a prompt may be a kind of a query
_SHARPNESS = 1.0  # of the softmax, per standard deviation
_SHARPER = 2.0  # the same for frames, which compete within one video, and for classes
_LEAST_SCALE = 1.0  # from chance to the top, so that noise in a library without any match is not stretched
_LEVEL_QUERIES, _LEVEL_ITEMS = 256, 512
_CHUNK = 4_096  # items whose cosines with all reference prompts are in memory at once
_PRIOR_PAIRS = 64  # pairs of prompts that serve as background while the library has hardly any


@dataclass(frozen=True)
class Relevance:
    """A query, judged against reference queries in one library.

    Parameters
    ----------
    query : ndarray of float32, shape (dim,)
        Unit vector.
    reference_prompts : ndarray of float32, shape (m, dim)
        The reference queries, unit rows.
    prior : ndarray of float32, shape (m,)
        Weight of each as a rival, 0 to 1.
    rivals : ndarray of float32, shape (m,)
        The prior without what may be kinds of the query.
    by_text : bool
        Whether no image is among the terms.
    background : ndarray of float32, shape (b, dim)
        A sample of the library's vectors.
    calibration : Calibration
        Of the encoder, with thresholds that hold for this library.
    pairs : ndarray of float32, shape (p,)
        Cosines of pairs of prompts, which stand for chance in an image query while the library has hardly any images.
    presence : float
        Probability, 0 to 1, that the library has what a text query means.
    top : float
        Log posterior of the library's best item.
    nearest : mapping of int to float
        Log posteriors of the library's nearest vectors, by their numbers in the index, nearest first.
    searched : ndarray of bool, shape (items,), optional
        Which items of the library `nearest` is of; None: all.
    ranks : bool
        Whether the log posterior puts hits in order. Not with images, where the cosine does, or with terms that push
        away, where the sharp one does: the mean of such reference queries is no measure of hubs.
    """

    query: NDArray[np.float32]
    reference_prompts: Vectors
    prior: NDArray[np.float32]
    rivals: NDArray[np.float32]
    by_text: bool
    background: Vectors
    calibration: Calibration
    pairs: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    presence: float = 1.0
    top: float = 0.0
    nearest: Mapping[int, float] = field(default_factory=dict)
    searched: NDArray[np.bool_] | None = None
    ranks: bool = True

    @classmethod
    def from_query(
        cls, encoder: Encoder, background: Vectors, query: NDArray[np.float32], terms: Sequence[Term], *, items: int,
        best: Vectors | None = None,
    ) -> Relevance:  # fmt: skip
        """Judges a query in a library.

        Parameters
        ----------
        encoder : Encoder
        background : ndarray of float32, shape (b, dim)
            A sample of the library's vectors, b > 0.
        query : ndarray of float32, shape (dim,)
            Unit vector of `terms`.
        terms : sequence of Term
        items : int
            Number of vectors that the library has; each may match by chance.
        best : ndarray of float32, shape (k, dim), optional
            The library's vectors that are nearest to the query; by default the nearest of `background`.
        """
        reading = cls._judge(encoder, background, query, terms)
        if not reading.by_text:
            return reading
        if best is None:
            best = background[np.argsort(-(background @ query), kind="stable")[:NEAREST]]
        return reading.within(reading.log_posterior(best), items=items)

    @classmethod
    def _judge(
        cls, encoder: Encoder, background: Vectors, query: NDArray[np.float32], terms: Sequence[Term]
    ) -> Relevance:
        """The query among its reference queries, before it is known what the library has."""
        prompts = embed_reference_prompts(encoder) if supports_text(encoder) else background
        reference_prompts = _get_reference_queries(prompts, background, terms)
        by_text = all(term.is_word for term in terms)
        prior = get_reference_prior() if by_text else np.ones(len(reference_prompts), np.float32)
        half = 0 if by_text else min(_PRIOR_PAIRS, len(prompts) // 2)
        return cls(
            query, reference_prompts, prior,
            rivals=prior * weigh_rivals(query[None] @ reference_prompts.T)[0],
            by_text=by_text,
            background=background,
            calibration=get_calibration(encoder).at(background),
            pairs=(prompts[:half] * prompts[len(prompts) - half :]).sum(axis=1),
            ranks=by_text and all(term.weight > 0 for term in terms),
        )  # fmt: skip

    @classmethod
    def from_library(
        cls,
        encoder: Encoder,
        index: VectorIndex,
        query: NDArray[np.float32],
        terms: Sequence[Term],
        *,
        texts: bool = False,
    ) -> Relevance:
        """Judges a query in a library, whatever filters limit what is shown: the same item always has the same match.

        texts: whether texts are searched; their cosines with words are on another scale than those of pictures.
        """
        allowed = None if index.is_seen is None else index.is_seen ^ texts
        judged = cls._judge(encoder, index.background, query, terms)
        if not judged.by_text:
            return judged
        _, numbers = index.search(judged.centered_query, NEAREST, allowed=allowed)
        items = len(index) if allowed is None else int(allowed[index.item_rows].sum())
        if not len(numbers):
            return judged
        posteriors = judged.log_posterior(index.vectors(numbers))
        nearest = dict(zip(numbers.tolist(), posteriors.tolist(), strict=True))
        return replace(judged.within(posteriors, items=items), nearest=nearest, searched=allowed)

    @cached_property
    def null(self) -> tuple[float, float]:
        """Mean and standard deviation of the cosines of reference queries with the library: the null distribution.

        Computed when it is asked for, which a search of pictures by words never does.
        """
        queries = self.reference_prompts[_sample_evenly(len(self.reference_prompts), _LEVEL_QUERIES)]
        scores = queries @ self.background[_sample_evenly(len(self.background), _LEVEL_ITEMS)].T
        if not self.by_text:
            scores = np.append(scores[scores < self.calibration.same_image], self.pairs)
        return float(scores.mean()), float(scores.std()) + 1e-6

    @property
    def mean(self) -> float:
        """The mean of `null`."""
        return self.null[0]

    @property
    def std(self) -> float:
        """The standard deviation of `null`."""
        return self.null[1]

    def find_nearest(self, index: VectorIndex, count: int, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Numbers (m,) of the nearest vectors of the allowed items, best first, m <= count.

        Where the library was judged by these very items, the nearest are known already.
        """
        if 0 < count <= len(self.nearest) and _is_same_mask(allowed, self.searched):
            return np.fromiter(self.nearest, np.int64, count)
        return index.search(self.centered_query, count, allowed=allowed)[1]

    def posteriors_of(self, numbers: NDArray[np.int64], vectors: Vectors) -> NDArray[np.float64]:
        """`log_posterior` of vectors (m, dim) with these numbers (m,) in the index; the nearest are known already."""
        found = np.array([self.nearest.get(number, np.nan) for number in numbers.tolist()], np.float64)
        missing = np.isnan(found)
        if missing.any():
            found[missing] = self.log_posterior(vectors[missing])
        return found

    @cached_property
    def centered_query(self) -> NDArray[np.float32]:
        """(dim,) what to rank a library by: of words, the query less the mean reference query.

        The mean cosine of a photo with the reference queries is what it is near to any words, which makes hubs: photos
        among the first of many queries. The log posterior corrects their spread as well, but cannot be searched for.
        """
        if not self.ranks:
            return self.query
        return np.asarray(self.query - self.reference_prompts.mean(axis=0), np.float32)

    def within(self, posteriors: NDArray[np.floating], *, items: int) -> Relevance:
        """The same query in a library of so many items, the best of which have these log posteriors (k,)."""
        best = np.sort(posteriors)[::-1].astype(np.float64)
        presence = float(compute_presence(self.calibration, best, items).max())
        return replace(self, presence=presence, top=float(best[0]))

    def hit_probabilities(self, scores: NDArray[np.float32], vectors: Vectors) -> NDArray[np.float32]:
        """The match (m,), 0 to 1, of hits with these cosines (m,) and vectors (m, dim)."""
        if self.by_text:
            return self.match(self.log_posterior(vectors))
        weight, intercept = self.calibration.image_weights
        relevance = _logistic(weight * (scores - self.mean) / self.std + intercept)
        # the same image, or another part of it, matches however varied or uniform a library is
        far = (1 - scores) / (1 - self.mean) / self.calibration.same_scene
        same = np.where(scores >= self.calibration.same_image, scores, 1 - far)
        return np.maximum(relevance, same).clip(0, 1)

    def name_copies(self, scores: NDArray[np.float32]) -> list[Copy | None]:
        """What hits of an image query with these cosines (m,) are, if they are of the very same picture."""
        if self.by_text:
            return [None] * len(scores)
        far = (1 - scores) / (1 - self.mean) / self.calibration.same_scene
        return [
            "same" if score >= self.calibration.same_image
            else "part" if distance <= _PART else None
            for score, distance in zip(scores.tolist(), far.tolist(), strict=True)
        ]  # fmt: skip

    def match(self, posteriors: NDArray[np.floating]) -> NDArray[np.float32]:
        """The match (m,), 0 to 1, of hits of a text query by their log posteriors (m,)."""
        weight, intercept = self.calibration.closeness_weights
        return np.minimum(_logistic(weight * self.height(posteriors) + intercept), np.float32(self.presence))

    def height(self, posteriors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where log posteriors (m,) stand between chance, 0, and the best hit of the library, 1."""
        return np.asarray((posteriors - self.chance) / max(self.top - self.chance, _LEAST_SCALE), np.float64)

    @property
    def chance(self) -> float:
        """The log posterior of a query that describes a hit neither better nor worse than the reference queries.

        Standardized scores are about normal, so the mean of their exponentials is exp(sharpness² / 2).
        """
        return -float(np.log(self.rivals.sum() + 1e-6)) - _SHARPNESS**2 / 2

    def log_posterior(self, vectors: Vectors) -> NDArray[np.float64]:
        """(m,), at most 0: ln p(this query | hit) among the query and its rivals, for vectors (m, dim)."""
        rivals = np.broadcast_to(self.rivals, (len(vectors), len(self.rivals)))
        return _log_posterior(vectors @ self.query, vectors @ self.reference_prompts.T, rivals, _SHARPNESS)

    def description_probability(self, vectors: Vectors, chances: int) -> NDArray[np.float32]:
        """Probability (m,), 0 to 1, that a text query describes vectors (m, dim), apart from any library.

        chances: number of queries and vectors that were compared; the best of many fits by accident.
        """
        weight, size, intercept = self.calibration.class_weights
        posterior = self.sharp_posterior(vectors @ self.query, vectors)
        return _logistic(weight * posterior + size * np.log(min(chances, self.calibration.max_classes)) + intercept)

    def moment_probabilities(self, scores: NDArray[np.float32], vectors: Vectors, frames: int) -> NDArray[np.float32]:
        """The match (m,), 0 to 1, of the best frames of moments, with these cosines (m,) and vectors (m, dim).

        A library of few videos has hardly any chance hits to be above, and each video has a best moment. So a text
        query must also describe the frame by itself. frames: number of frames that are searched.
        """
        match = self.hit_probabilities(scores, vectors)
        return np.minimum(match, self.description_probability(vectors, frames)) if self.by_text else match

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
            posterior[chunk] = np.exp(self.sharp_posterior(scores[chunk], vectors[chunk]) / 2)
        return posterior

    def sharp_posterior(self, scores: NDArray[np.float32], vectors: Vectors) -> NDArray[np.float64]:
        """(m,) log posteriors with kinds of the query as rivals; the nearer a prompt is in meaning, the less it counts.

        So a moment, or an advertisement, is what its words say and nothing like it.
        """
        weights = self.prior * (1.0 - np.clip(self.reference_prompts @ self.query, 0.0, 1.0) ** 2) ** 2
        rivals = np.broadcast_to(weights, (len(vectors), len(weights)))
        return _log_posterior(scores, vectors @ self.reference_prompts.T, rivals, _SHARPER)

    def null_stats(self, vectors: Vectors) -> tuple[float, float]:
        """Mean and standard deviation of the `frame_posterior` of reference queries over vectors (n, dim)."""
        rivals = vectors[_sample_evenly(len(vectors), _LEVEL_ITEMS)] @ self.reference_prompts.T
        odds = np.exp(_SHARPER * (rivals - rivals.mean(axis=1, keepdims=True)) / (rivals.std(axis=1)[:, None] + 1e-6))
        posterior = np.sqrt(np.minimum(1.0, odds / (odds @ self.prior)[:, None]))
        return float(posterior.mean()), float(posterior.std()) + 1e-6


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
    return _logistic(weight * best[:count] + size * chances + intercept)


def weigh_rivals(similarity: NDArray[np.floating]) -> NDArray[np.float32]:
    """How much each reference prompt counts as a rival, from cosines (c, m) of queries and prompts: (c, m), 0 to 1.

    Queries are often broad ("animal"). A prompt that is much nearer to one than others ("a fish") may be a kind of it.
    """
    outstanding = (similarity - similarity.mean(axis=1, keepdims=True)) / (similarity.std(axis=1, keepdims=True) + 1e-6)
    return _logistic(_KIND_SHARPNESS * (_KIND_OF - outstanding))


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

    Parameters are those of `description_probability`. What may be a kind of the class is no rival, as in search.
    """
    reference_prompts, prior = embed_reference_prompts(encoder), get_reference_prior()
    classes, places = np.unique(best, return_inverse=True)
    weights = prior * weigh_rivals(texts[classes] @ reference_prompts.T)
    posterior = np.empty(len(vectors), np.float64)
    for first in range(0, len(vectors), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        scores = np.einsum("nd,nd->n", texts[best[chunk]], vectors[chunk])
        posterior[chunk] = _log_posterior(
            scores, vectors[chunk] @ reference_prompts.T, weights[places[chunk]], _SHARPER
        )
    return posterior


def _log_posterior(
    scores: NDArray[np.floating], rivals: NDArray[np.floating], weights: NDArray[np.floating], sharpness: float
) -> NDArray[np.float64]:
    """(n,) from the scores (n,) of queries, the scores (n, m) of their rivals and the weights (n, m) of the rivals."""
    mean, std = rivals.mean(axis=1), rivals.std(axis=1) + 1e-6
    own = sharpness * (scores - mean) / std
    rest = np.einsum("nm,nm->n", weights, np.exp(sharpness * (rivals - mean[:, None]) / std[:, None]))
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


def _is_same_mask(one: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> bool:
    """Whether two masks, of which None allows everything, allow the same."""
    if one is None or other is None:
        return all(mask is None or bool(mask.all()) for mask in (one, other))
    return np.array_equal(one, other)


def _logistic(logit: NDArray[np.floating]) -> NDArray[np.float32]:
    return (1.0 / (1.0 + np.exp(-logit))).astype(np.float32)


def _sample_evenly(count: int, limit: int) -> NDArray[np.int64]:
    """Up to `limit` numbers spread evenly over range(count)."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).astype(np.int64))
