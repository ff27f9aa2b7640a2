"""Explains a vector: what its dimensions respond to, their share of a cosine, and the effect of each query word."""

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
_NO_VARIANCE = 1e-12  # variance of unit vectors that differ only by rounding


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of vectors.

    Attributes
    ----------
    rows : array of float32, shape (count, dim)
        Orthonormal, by descending variance.
    shares : array of float32, shape (count,)
        Share of the variance of each, 0 to 1; they sum to 1.
    """

    rows: Vectors
    shares: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Response:
    """What a direction of the space responds to.

    Attributes
    ----------
    direction : array of float32, shape (dim,)
        Unit vector.
    values : array of float32, shape (n,)
        Inner products of the points with the direction.
    order : array of int64, shape (n,)
        Numbers of the points, from the lowest value to the highest.
    share : float
        Share of the points' variance along the direction, 0 to 1.
    low, high : tuple of str
        Words that point most to either end, relative to the mean of all words; empty if all words are alike.
    """

    direction: NDArray[np.float32]
    values: NDArray[np.float32]
    order: NDArray[np.int64]
    share: float
    low: tuple[str, ...]
    high: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordStep:
    """A query up to one of its words.

    Attributes
    ----------
    word, text : str
        The word, and the query up to it.
    vector : array of float32, shape (dim,)
        Unit vector of `text`.
    to_whole : float
        Cosine with the whole query.
    turned : float
        Angle in degrees by which the word turned the vector; 0 for the first word.
    missed : float or None
        Angle in degrees between the whole query and the query without this word: the larger, the more the word matters.
        None for a query of one word.
    """

    word: str
    text: str
    vector: NDArray[np.float32]
    to_whole: float
    turned: float
    missed: float | None


@dataclass(frozen=True, slots=True)
class Contribution:
    """A part's share of a cosine. first, second: its share of each vector's squared length, 0 to 1."""

    part: Part
    cosine: float
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class Products:
    """Products of two vectors by dimension, whose sum is the cosine.

    Attributes
    ----------
    cosine : float
    pulling, pushing : int
        Numbers of products above and below 0.
    enough : int
        Number of largest products whose sum reaches the cosine; 0 if the cosine is not above 0.
    """

    cosine: float
    pulling: int
    pushing: int
    enough: int


@limit_to_one_thread()
def compute_components(vectors: Vectors) -> Components:
    """All principal components of vectors.

    Parameters
    ----------
    vectors : array of float, shape (n, dim)

    Returns
    -------
    Components
        At most n - 1; the entry of largest magnitude of each is positive.

    Raises
    ------
    DataError
        There are fewer than three vectors.
    """
    if len(vectors) < 3:
        raise DataError("Add at least three pictures or videos to see what a direction responds to.")
    exact = vectors.astype(np.float64)
    _, rows = principal_components(exact, min(len(vectors) - 1, vectors.shape[1]))
    covariance = np.cov(exact, rowvar=False, bias=True)
    total = float(np.trace(covariance))
    variances = ((rows @ covariance) * rows).sum(axis=1)
    shares = variances / total if total > _NO_VARIANCE else np.zeros(len(rows))
    return Components(rows, shares.astype(np.float32))


def get_dimension(dim: int, number: int) -> NDArray[np.float32]:
    """The unit direction of one dimension.

    Parameters
    ----------
    dim : int
        Length of the vectors.
    number : int
        The dimension, from 0.

    Returns
    -------
    array of float32, shape (dim,)

    Raises
    ------
    DataError
        There is no such dimension.
    """
    if not 0 <= number < dim:
        raise DataError(f"Choose a dimension from 0 to {dim - 1}, not {number}.")
    direction = np.zeros(dim, np.float32)
    direction[number] = 1.0
    return direction


def compute_response(
    points: Points, direction: NDArray[np.float32], *, words: Sequence[str] = (), word_vectors: Vectors | None = None
) -> Response:
    """What a direction responds to in a library.

    Parameters
    ----------
    points : Points
    direction : array of float32, shape (dim,)
        Unit vector.
    words : sequence of str
        Candidates for the names of its ends.
    word_vectors : array of float32, shape (len(words), dim), optional
        Unit rows.

    Returns
    -------
    Response

    Raises
    ------
    DataError
        There are fewer than three points.
    """
    vectors = points.vectors
    if len(vectors) < 3:
        raise DataError("Add at least three pictures or videos to see what a direction responds to.")
    values = vectors @ direction
    total_variance = vectors.var(axis=0, dtype=np.float64).sum()
    low, high = _ends(direction, words, word_vectors) if word_vectors is not None else ((), ())
    share = float(values.var(dtype=np.float64) / max(total_variance, 1e-12))
    return Response(direction, values, np.argsort(values, kind="stable"), share, low, high)


def get_encoder_parts(encoder: Encoder) -> tuple[Part, ...]:
    """The named parts of an encoder's vectors.

    Parameters
    ----------
    encoder : Encoder

    Returns
    -------
    tuple of Part
        One part for the whole vector if the encoder names none.
    """
    whole = Part("the whole vector", "This encoder does not name parts of its vectors.", 0, encoder.dim)
    return tuple(getattr(encoder, "parts", ())) or (whole,)


def compute_contributions(
    parts: Sequence[Part], first: NDArray[np.float32], second: NDArray[np.float32]
) -> tuple[Contribution, ...]:
    """Contribution of each part to the cosine of two vectors: the sum of the products of its dimensions.

    Parameters
    ----------
    parts : sequence of Part
    first, second : array of float32, shape (dim,)
        Unit vectors.

    Returns
    -------
    tuple of Contribution
    """
    spans = [(part, first[part.start : part.stop], second[part.start : part.stop]) for part in parts]
    return tuple(Contribution(part, float(a @ b), float(a @ a), float(b @ b)) for part, a, b in spans)


def compute_products(first: NDArray[np.float32], second: NDArray[np.float32]) -> Products:
    """Products of two vectors by dimension.

    Parameters
    ----------
    first, second : array of float32, shape (dim,)
        Unit vectors.

    Returns
    -------
    Products
    """
    products = first.astype(np.float64) * second
    total = float(products.sum())
    sums = np.cumsum(np.sort(products)[::-1])
    enough = int(np.searchsorted(sums[: int(sums.argmax()) + 1], total)) + 1 if total > 0 else 0
    return Products(total, int((products > 0).sum()), int((products < 0).sum()), enough)


def measure_word_effects(encoder: Encoder, text: str, *, templates: Sequence[str] | None = None) -> list[WordStep]:
    """How the vector of a query changes word by word, and what each word adds to the whole.

    Parameters
    ----------
    encoder : Encoder
    text : str
        1 to 24 words.
    templates : sequence of str, optional
        Default: the encoder's.

    Returns
    -------
    list of WordStep

    Raises
    ------
    QueryError
        There are no words, or too many.
    """
    words = text.split()
    if not words:
        raise QueryError("Type a few words.")
    if len(words) > MOST_WORDS:
        raise QueryError(f"The query has {len(words)} words: use at most {MOST_WORDS}.")
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
    values = (vectors - vectors.mean(axis=0)) @ direction if len(vectors) else np.zeros(0, np.float32)
    ranked = [words[number] for number in np.argsort(values, kind="stable") if abs(values[number]) > 1e-6]
    count = min(_NAMES, len(ranked) // 2)
    return tuple(ranked[:count]), tuple(ranked[::-1][:count])


def _angle(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Degrees, 0 to 180, between two unit vectors; accurate for small angles, unlike the arc cosine."""
    return float(np.degrees(2.0 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))
