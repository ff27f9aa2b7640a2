"""A query, judged in one library: how probable it is that a hit is what the query means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.calibration import Calibration, get_calibration
from core.encoders.precomputed import supports_text
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior
from core.library.index import VectorIndex
from core.search.query import Term
from core.search.relevance.classes import compute_description_probability
from core.search.relevance.pictures import Copy, compute_image_match, name_copies
from core.search.relevance.posterior import (
    SHARPER,
    SHARPNESS,
    compute_log_posterior,
    compute_presence,
    logistic,
    sample_evenly,
    weigh_rivals,
)

NEAREST = 200  # items by which a query is judged in a library
LIKELY = 0.4  # the line: a missed match counts as a little worse than a wrong one

_LEAST_SCALE = 1.0  # from chance to the top, so that noise in a library without any match is not stretched
_LEVEL_QUERIES, LEVEL_ITEMS = 256, 512
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
        if not len(numbers):
            return judged
        posteriors = judged.log_posterior(index.vectors(numbers))
        nearest = dict(zip(numbers.tolist(), posteriors.tolist(), strict=True))
        items = len(index) if allowed is None else int(allowed[index.item_rows].sum())
        return replace(judged.within(posteriors, items=items), nearest=nearest, searched=allowed)

    @cached_property
    def null(self) -> tuple[float, float]:
        """Mean and standard deviation of the cosines of reference queries with the library: the null distribution.

        Computed when it is asked for, which a search of pictures by words never does.
        """
        queries = self.reference_prompts[sample_evenly(len(self.reference_prompts), _LEVEL_QUERIES)]
        scores = queries @ self.background[sample_evenly(len(self.background), LEVEL_ITEMS)].T
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
        return compute_image_match(self.calibration, scores, self.null)

    def name_copies(self, scores: NDArray[np.float32]) -> list[Copy | None]:
        """What hits of an image query with these cosines (m,) are, if they are of the very same picture."""
        return [None] * len(scores) if self.by_text else name_copies(self.calibration, scores, self.mean)

    def match(self, posteriors: NDArray[np.floating]) -> NDArray[np.float32]:
        """The match (m,), 0 to 1, of hits of a text query by their log posteriors (m,)."""
        weight, intercept = self.calibration.closeness_weights
        return np.minimum(logistic(weight * self.height(posteriors) + intercept), np.float32(self.presence))

    def height(self, posteriors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where log posteriors (m,) stand between chance, 0, and the best hit of the library, 1."""
        return np.asarray((posteriors - self.chance) / max(self.top - self.chance, _LEAST_SCALE), np.float64)

    @property
    def chance(self) -> float:
        """The log posterior of a query that describes a hit neither better nor worse than the reference queries.

        Standardized scores are about normal, so the mean of their exponentials is exp(sharpness² / 2).
        """
        return -float(np.log(self.rivals.sum() + 1e-6)) - SHARPNESS**2 / 2

    def log_posterior(self, vectors: Vectors) -> NDArray[np.float64]:
        """(m,), at most 0: ln p(this query | hit) among the query and its rivals, for vectors (m, dim)."""
        rivals = np.broadcast_to(self.rivals, (len(vectors), len(self.rivals)))
        return compute_log_posterior(vectors @ self.query, vectors @ self.reference_prompts.T, rivals, SHARPNESS)

    def description_probability(self, vectors: Vectors, chances: int) -> NDArray[np.float32]:
        """Probability (m,), 0 to 1, that a text query describes vectors (m, dim), apart from any library.

        chances: number of queries and vectors that were compared; the best of many fits by accident.
        """
        posterior = self.sharp_posterior(vectors @ self.query, vectors)
        return compute_description_probability(self.calibration, posterior, chances)

    def sharp_posterior(self, scores: NDArray[np.float32], vectors: Vectors) -> NDArray[np.float64]:
        """(m,) log posteriors with kinds of the query as rivals; the nearer a prompt is in meaning, the less it counts.

        So a moment, or an advertisement, is what its words say and nothing like it.
        """
        weights = self.prior * (1.0 - np.clip(self.reference_prompts @ self.query, 0.0, 1.0) ** 2) ** 2
        rivals = np.broadcast_to(weights, (len(vectors), len(weights)))
        return compute_log_posterior(scores, vectors @ self.reference_prompts.T, rivals, SHARPER)


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
