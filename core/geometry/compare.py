"""Two encoders on one library: do they see the same neighbours, and what does each cost?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.library.index import VectorIndex
from core.library.store import Library
from core.track import wholes_of

_SAMPLE = 2_000
_NEAREST = 10


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two encoders on the same items. cka: linear centred kernel alignment, 0 to 1 (Kornblith et al. 2019). overlap:
    share of the 10 nearest neighbours that are the same. items: how many were compared, of common ones.
    """

    cka: float
    overlap: float
    items: int
    common: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What an encoder costs here. images_per_s: decoded pictures to vectors, after one that warms it up; texts_per_s
    likewise. bytes: of one stored vector (half precision). vectors: stored in the library.
    """

    images_per_s: float
    texts_per_s: float
    dim: int
    bytes: int
    vectors: int


def agreement_of(library: Library, first: Encoder, second: Encoder, *, seed: int = 0) -> Agreement:
    """How far two encoders agree on the items that both have embedded: a fixed random sample of up to 2,000.

    Raises DataError where they share fewer than three, and LibraryError.
    """
    one, other = library.index(first), library.index(second)
    common: list[str] = sorted(set(_ids(one)) & set(_ids(other)))
    if len(common) < 3:
        raise DataError("Both encoders must have embedded at least three of the same items: index with the other too.")
    places = np.random.default_rng(seed).permutation(len(common))[:_SAMPLE]
    chosen = [common[place] for place in sorted(places)]
    a, b = wholes_of(one, chosen)[1], wholes_of(other, chosen)[1]
    return Agreement(cka(a, b), overlap(a, b), len(chosen), len(common))


def cka(a: Vectors, b: Vectors) -> float:
    """Linear CKA of rows (n, d) and (n, e): |B'A|^2 / (|A'A| |B'B|) of centred columns, Frobenius norms; 0 to 1."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    across = float(np.linalg.norm(b.T @ a)) ** 2
    return across / max(float(np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)), 1e-12)


def overlap(a: Vectors, b: Vectors, *, k: int = _NEAREST) -> float:
    """Share of the k nearest neighbours (by cosine) that rows (n, d) and (n, e) of the same things have in common."""
    k = min(k, len(a) - 1)
    near, others = _near(a, k), _near(b, k)
    return float(np.mean([len(set(one) & set(other)) / k for one, other in zip(near, others, strict=True)]))


def cost_of(library: Library, encoder: Encoder, images: Sequence[Image.Image], texts: Sequence[str]) -> Cost:
    """Measures an encoder on some decoded pictures and texts; the first call loads it."""
    encoder.encode_images(images[:1])
    encoder.encode_texts(texts[:1])
    began = time.perf_counter()
    encoder.encode_images(images)
    between = time.perf_counter()
    encoder.encode_texts(texts)
    ended = time.perf_counter()
    rates = len(images) / max(between - began, 1e-9), len(texts) / max(ended - between, 1e-9)
    return Cost(*rates, encoder.dim, 2 * encoder.dim, library.vector_count(encoder.id))


def _ids(index: VectorIndex) -> list[str]:
    return [str(each) for each in index.items["id"].take(index.rows_with_vectors).to_pylist()]


def _near(vectors: Vectors, k: int) -> NDArray[np.int64]:
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    return np.argpartition(-scores, k - 1, axis=1)[:, :k]
