"""The distance between two terms, compared with random pairs of a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.deprecated import renamed_names
from core.encoders.base import Encoder, Vectors
from core.encoders.reference_prompts import embed_reference_prompts
from core.library.index import VectorIndex
from core.search.query import Term, embed_query

PairKind = Literal["pictures", "word and picture", "words"]

_PAIRS = 20_000  # of each kind, so that shares are accurate to about 0.005


@dataclass(frozen=True, eq=False)
class PairCosines:
    """Cosines of random pairs by kind: two vectors of the library, a reference prompt and such a vector, two prompts.

    Attributes
    ----------
    by_kind : dict of str to array of float32, shape (m,)
        Sorted; empty if there are no such pairs.
    """

    by_kind: dict[PairKind, NDArray[np.float32]]

    def typical(self, kind: PairKind) -> float | None:
        """Median cosine of a kind of pair; None if there are no pairs."""
        return float(np.median(self.by_kind[kind])) if len(self.by_kind[kind]) else None

    def share_below(self, kind: PairKind, cosine: float) -> float | None:
        """Share of the pairs of a kind, 0 to 1, with a lower cosine; None if there are no pairs."""
        cosines = self.by_kind[kind]
        return float(np.searchsorted(cosines, cosine) / len(cosines)) if len(cosines) else None


@dataclass(frozen=True, slots=True)
class Distance:
    """The distance between two vectors.

    Attributes
    ----------
    cosine : float
        -1 to 1.
    angle_deg : float
        0 to 180.
    euclidean : float
        0 to 2.
    kind : {"pictures", "word and picture", "words"}
    share_below : float or None
        Share of random pairs of this kind with a lower cosine, 0 to 1; None if there are no pairs.
    """

    cosine: float
    angle_deg: float
    euclidean: float
    kind: PairKind
    share_below: float | None


def sample_pair_cosines(encoder: Encoder, index: VectorIndex, *, seed: int = 0) -> PairCosines:
    """Cosines of random pairs of pictures, of a word and a picture, and of words.

    Parameters
    ----------
    encoder : Encoder
    index : VectorIndex
    seed : int

    Returns
    -------
    PairCosines
    """
    return compute_pair_cosines(embed_reference_prompts(encoder), index.background, seed=seed)


def compute_pair_cosines(words: Vectors, pictures: Vectors, *, seed: int = 0) -> PairCosines:
    """Cosines of random pairs, like `sample_pair_cosines`, of given vectors.

    Parameters
    ----------
    words : array of float32, shape (m, dim)
    pictures : array of float32, shape (n, dim)
        Unit rows.
    seed : int

    Returns
    -------
    PairCosines
    """
    rng = np.random.default_rng(seed)
    return PairCosines(
        {
            "pictures": _sample_pairs(rng, pictures, pictures),
            "word and picture": _sample_pairs(rng, words, pictures),
            "words": _sample_pairs(rng, words, words),
        }
    )


def measure_distance(encoder: Encoder, index: VectorIndex, first: Term, second: Term, usual: PairCosines) -> Distance:
    """The distance between two terms; their weights are ignored.

    Parameters
    ----------
    encoder : Encoder
    index : VectorIndex
    first, second : Term
    usual : PairCosines
        Random pairs to compare with.

    Returns
    -------
    Distance

    Raises
    ------
    QueryError
        See `core.search.embed_query`.
    """
    words = first.is_word + second.is_word
    kind: PairKind = "words" if words == 2 else "word and picture" if words else "pictures"
    one, other = embed_terms(encoder, index, [first, second])
    return compute_distance(one, other, kind, usual)


def compute_distance(
    one: NDArray[np.float32], other: NDArray[np.float32], kind: PairKind, usual: PairCosines
) -> Distance:
    """The distance between two unit vectors (dim,)."""
    distance = float(np.linalg.norm(one - other))
    angle = 2.0 * np.arcsin(min(1.0, distance / 2.0))  # accurate for nearly equal vectors, unlike the arc cosine
    cosine = float(np.clip(one @ other, -1.0, 1.0))
    return Distance(cosine, float(np.degrees(angle)), distance, kind, usual.share_below(kind, cosine))


def compute_cosine_table(vectors: Vectors) -> NDArray[np.float32]:
    """Cosines of all pairs of vectors.

    Parameters
    ----------
    vectors : array of float32, shape (n, dim)
        Unit rows.

    Returns
    -------
    array of float32, shape (n, n)
        -1 to 1.
    """
    return np.clip(vectors @ vectors.T, -1.0, 1.0)


def embed_terms(encoder: Encoder, index: VectorIndex, terms: Sequence[Term]) -> Vectors:
    """Vectors of terms; their weights are ignored.

    Parameters
    ----------
    encoder : Encoder
    index : VectorIndex
    terms : sequence of Term

    Returns
    -------
    array of float32, shape (n, dim)
        Unit rows.

    Raises
    ------
    QueryError
        See `core.search.embed_query`.
    """
    return np.stack([embed_query(encoder, [Term(term.kind, term.value)], index=index) for term in terms])


def _sample_pairs(rng: np.random.Generator, one: Vectors, other: Vectors) -> NDArray[np.float32]:
    if (one is other and len(one) < 2) or not len(one) or not len(other):
        return np.empty(0, np.float32)
    left = rng.integers(0, len(one), _PAIRS)
    right = rng.integers(0, len(other), _PAIRS)
    if one is other:  # never a vector with itself
        right = (left + 1 + rng.integers(0, len(one) - 1, _PAIRS)) % len(one)
    return np.sort(np.einsum("nd,nd->n", one[left], other[right]))


__getattr__ = renamed_names(__name__)
