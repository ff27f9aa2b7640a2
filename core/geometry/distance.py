"""The distance of two terms, compared with that of random pairs of a library."""

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

_PAIRS = 20_000  # of each kind: a share is then right to about half a hundredth


@dataclass(frozen=True, eq=False)
class PairCosines:
    """Cosines of random pairs: of two different vectors of the library, of a neutral prompt and such a vector, and of
    two neutral prompts. (m,) each, sorted; of two pictures empty where there is only one.
    """

    by_kind: dict[PairKind, NDArray[np.float32]]

    def typical(self, kind: PairKind) -> float | None:
        """The median cosine of a kind of pair; None where there are no pairs."""
        return float(np.median(self.by_kind[kind])) if len(self.by_kind[kind]) else None

    def share_below(self, kind: PairKind, cosine: float) -> float | None:
        """Share of the pairs of a kind, 0 to 1, that are less alike than this; None where there are no pairs."""
        cosines = self.by_kind[kind]
        return float(np.searchsorted(cosines, cosine) / len(cosines)) if len(cosines) else None


@dataclass(frozen=True, slots=True)
class Distance:
    """Two things in the space. cosine: -1 to 1. angle_deg: 0 to 180. euclidean: of the unit vectors, 0 to 2.

    kind: what pair they are. share_below: share of all such pairs that are less alike, 0 to 1; None: no pairs to set it
    against.
    """

    cosine: float
    angle_deg: float
    euclidean: float
    kind: PairKind
    share_below: float | None


def sample_pair_cosines(encoder: Encoder, index: VectorIndex, *, seed: int = 0) -> PairCosines:
    """Cosines of random pairs of pictures, of a word and a picture, and of words."""
    return compute_pair_cosines(embed_reference_prompts(encoder), index.background, seed=seed)


def compute_pair_cosines(words: Vectors, pictures: Vectors, *, seed: int = 0) -> PairCosines:
    """As `sample_pair_cosines`, of unit rows of words (m, dim) and pictures (n, dim)."""
    rng = np.random.default_rng(seed)
    return PairCosines(
        {
            "pictures": _sample_pairs(rng, pictures, pictures),
            "word and picture": _sample_pairs(rng, words, pictures),
            "words": _sample_pairs(rng, words, words),
        }
    )


def measure_distance(encoder: Encoder, index: VectorIndex, first: Term, second: Term, usual: PairCosines) -> Distance:
    """The distance of two terms; their weights do not matter. Raises QueryError (see `embed_query`)."""
    one, other = (embed_query(encoder, [_strip_weight(term)], index=index) for term in (first, second))
    words = first.is_word + second.is_word
    kind: PairKind = "words" if words == 2 else "word and picture" if words else "pictures"
    return compute_distance(one, other, kind, usual)


def compute_distance(
    one: NDArray[np.float32], other: NDArray[np.float32], kind: PairKind, usual: PairCosines
) -> Distance:
    """The distance of two unit vectors (dim,)."""
    distance = float(np.linalg.norm(one - other))
    angle = 2.0 * np.arcsin(min(1.0, distance / 2.0))  # exact for nearly equal vectors, unlike the arc cosine
    cosine = float(np.clip(one @ other, -1.0, 1.0))
    return Distance(cosine, float(np.degrees(angle)), distance, kind, usual.share_below(kind, cosine))


def compute_cosine_table(vectors: Vectors) -> NDArray[np.float32]:
    """(n, n) res[i, j] = cos(vectors[i], vectors[j]) of unit rows (n, dim); for the few things of a table."""
    return np.clip(vectors @ vectors.T, -1.0, 1.0)


def embed_terms(encoder: Encoder, index: VectorIndex, terms: Sequence[Term]) -> Vectors:
    """(n, dim) unit rows, one for each term, whatever their weights. Raises QueryError."""
    return np.stack([embed_query(encoder, [_strip_weight(term)], index=index) for term in terms])


def _strip_weight(term: Term) -> Term:
    return Term(term.kind, term.value)


def _sample_pairs(rng: np.random.Generator, one: Vectors, other: Vectors) -> NDArray[np.float32]:
    if (one is other and len(one) < 2) or not len(one) or not len(other):
        return np.empty(0, np.float32)
    left = rng.integers(0, len(one), _PAIRS)
    right = rng.integers(0, len(other), _PAIRS)
    if one is other:  # never a thing with itself
        right = (left + 1 + rng.integers(0, len(one) - 1, _PAIRS)) % len(one)
    return np.sort(np.einsum("nd,nd->n", one[left], other[right]))


__getattr__ = renamed_names(__name__)
