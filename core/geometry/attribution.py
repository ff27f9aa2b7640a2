"""Inside a vector: what its numbers respond to, their share of a cosine, and the effect of each word of a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Part, Vectors
from core.encoders.prompts import embed_texts
from core.errors import DataError, QueryError
from core.library.points import Points
from core.utils.blas_threads import limit_to_one_thread
from core.vectors.pca import principal_components

MOST_WORDS = 24

_NAMES = 5
_NO_VARIANCE = 1e-12  # of unit vectors that are equal but for rounding


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components. rows: (count, dim) orthonormal, the largest variance first. shares: (count,) of the
    variance, 0 to 1, descending, sum 1.
    """

    rows: Vectors
    shares: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Response:
    """What a direction of the space responds to.

    direction: (dim,) unit. values: (n,) inner products of the points with it. order: (n,) numbers of the points from
    the lowest to the highest. share: of the variance of the points that lies along it, 0 to 1. low, high: words whose
    vectors, beside those of all words, point most to either end, the farthest first; none where all words are alike.
    """

    direction: NDArray[np.float32]
    values: NDArray[np.float32]
    order: NDArray[np.int64]
    share: float
    low: tuple[str, ...]
    high: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordStep:
    """A query up to one of its words. text: so far. vector: (dim,) unit. to_whole: its cosine with the whole query.
    turned: the angle in degrees by which the word turned it, 0 for the first. missed: the angle in degrees between the
    whole query and the whole without this word, None for a query of one word: the larger, the more the word matters.
    """

    word: str
    text: str
    vector: NDArray[np.float32]
    to_whole: float
    turned: float
    missed: float | None


@dataclass(frozen=True, slots=True)
class Contribution:
    """The share of a part in a cosine. first, second: share of each vector's squared length, 0 to 1."""

    part: Part
    cosine: float
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class Products:
    """The products of two vectors, number by number, whose sum is their cosine. pulling, pushing: how many are above
    and below 0. enough: so many of the largest sum to the cosine already; 0 where it is not above 0.
    """

    cosine: float
    pulling: int
    pushing: int
    enough: int


@limit_to_one_thread()
def compute_components(vectors: Vectors) -> Components:
    """All principal components of vectors (n, dim), at most n - 1; the largest number of each is positive. Raises
    DataError for fewer than three vectors.
    """
    if len(vectors) < 3:
        raise DataError("It takes at least three pictures or videos to see what a direction responds to.")
    exact = vectors.astype(np.float64)
    _, rows = principal_components(exact, min(len(vectors) - 1, vectors.shape[1]))
    covariance = np.cov(exact, rowvar=False, bias=True)
    total = float(np.trace(covariance))
    variances = ((rows @ covariance) * rows).sum(axis=1)
    shares = variances / total if total > _NO_VARIANCE else np.zeros(len(rows))
    return Components(rows, shares.astype(np.float32))


def get_dimension(dim: int, number: int) -> NDArray[np.float32]:
    """(dim,) the unit direction of one number of a vector, counted from 0. Raises DataError if there is none."""
    if not 0 <= number < dim:
        raise DataError(f"A vector has {dim} numbers, counted from 0: choose another one than {number}.")
    direction = np.zeros(dim, np.float32)
    direction[number] = 1.0
    return direction


def compute_response(
    points: Points, direction: NDArray[np.float32], *, words: Sequence[str] = (), word_vectors: Vectors | None = None
) -> Response:
    """What a direction (dim,), of unit length, responds to among some points.

    words, word_vectors: (w, dim) unit rows that name its ends. Raises DataError for fewer than three points.
    """
    vectors = points.vectors
    if len(vectors) < 3:
        raise DataError("It takes at least three pictures or videos to see what a direction responds to.")
    values = vectors @ direction
    spread = vectors.var(axis=0, dtype=np.float64).sum()
    low, high = _ends(direction, words, word_vectors) if word_vectors is not None else ((), ())
    share = float(values.var(dtype=np.float64) / max(spread, 1e-12))
    return Response(direction, values, np.argsort(values, kind="stable"), share, low, high)


def get_encoder_parts(encoder: Encoder) -> tuple[Part, ...]:
    """The parts of an encoder's vectors, or the whole vector if it names none."""
    whole = Part("the whole vector", "This encoder does not tell apart any parts of its vectors.", 0, encoder.dim)
    return tuple(getattr(encoder, "parts", ())) or (whole,)


def compute_contributions(
    parts: Sequence[Part], first: NDArray[np.float32], second: NDArray[np.float32]
) -> tuple[Contribution, ...]:
    """What each part of two unit vectors (dim,) adds to their cosine: the sum over its numbers of their products."""
    spans = [(part, first[part.start : part.stop], second[part.start : part.stop]) for part in parts]
    return tuple(Contribution(part, float(a @ b), float(a @ a), float(b @ b)) for part, a, b in spans)


def compute_products(first: NDArray[np.float32], second: NDArray[np.float32]) -> Products:
    """How the numbers of two unit vectors (dim,) make their cosine."""
    products = first.astype(np.float64) * second
    total = float(products.sum())
    sums = np.cumsum(np.sort(products)[::-1])
    enough = int(np.searchsorted(sums[: int(sums.argmax()) + 1], total)) + 1 if total > 0 else 0
    return Products(total, int((products > 0).sum()), int((products < 0).sum()), enough)


def measure_word_effects(encoder: Encoder, text: str, *, templates: Sequence[str] | None = None) -> list[WordStep]:
    """How the vector of a query grows word by word, and what it would be without each.

    Raises QueryError for no words, or more than MOST_WORDS.
    """
    words = text.split()
    if not words:
        raise QueryError("Type a few words.")
    if len(words) > MOST_WORDS:
        raise QueryError(f"These are {len(words)} words: leave at most {MOST_WORDS}.")
    prefixes = [" ".join(words[: place + 1]) for place in range(len(words))]
    vectors = embed_texts(encoder, prefixes, templates=templates)
    turned = [0.0, *map(_angle, vectors[1:], vectors[:-1])]
    missed: list[float | None] = [None]
    if len(words) > 1:
        rests = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
        missed = [_angle(rest, vectors[-1]) for rest in embed_texts(encoder, rests, templates=templates)]
    return [
        WordStep(word, prefix, vector, float(vector @ vectors[-1]), turn, without)
        for word, prefix, vector, turn, without in zip(words, prefixes, vectors, turned, missed, strict=True)
    ]


def _ends(
    direction: NDArray[np.float32], words: Sequence[str], vectors: Vectors
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    along = (vectors - vectors.mean(axis=0)) @ direction if len(vectors) else np.zeros(0, np.float32)
    ranked = [words[place] for place in np.argsort(along, kind="stable") if abs(along[place]) > 1e-6]
    count = min(_NAMES, len(ranked) // 2)
    return tuple(ranked[:count]), tuple(ranked[::-1][:count])


def _angle(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Degrees, 0 to 180, between two unit vectors; by their half difference and sum, which is exact for small ones."""
    return float(np.degrees(2.0 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))
