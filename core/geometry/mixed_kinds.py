"""Why a list of texts and pictures cannot be sorted by cosine: a phrase is nearer to texts, whatever they are about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.reference_prompts import embed_reference_prompts
from core.errors import DataError
from core.library.index import VectorIndex
from core.utils.blas_threads import limit_to_one_thread

_MOST = 4_096  # texts that are compared


@dataclass(frozen=True, slots=True)
class NearestCosines:
    """The best cosine of each of m phrases among texts, and among pictures.

    Attributes
    ----------
    texts, pictures : ndarray of float32, shape (m,)
        -1 to 1.
    are_own : bool
        Whether the texts are those of the library; otherwise each phrase is compared with the other phrases.
    """

    texts: NDArray[np.float32]
    pictures: NDArray[np.float32]
    are_own: bool

    @property
    def text_first(self) -> float:
        """The share of phrases to which some text is nearer than any picture, 0 to 1."""
        return float((self.texts > self.pictures).mean())


@limit_to_one_thread()
def measure_nearest_cosines(encoder: Encoder, index: VectorIndex) -> NearestCosines:
    """The cosine of each reference phrase with its nearest text and its nearest picture of a library.

    A library without texts lends no text: then the other phrases take their place.

    Parameters
    ----------
    encoder : Encoder
    index : VectorIndex
        Of the library, with vectors of this encoder.

    Raises
    ------
    DataError
        The library has no pictures.
    """
    phrases, texts = embed_reference_prompts(encoder), _sample_texts(index)
    if not len(index) or (index.is_seen is not None and not index.is_seen.any()):
        raise DataError("This library has no pictures to compare texts with: add some.")
    cosines = phrases @ (texts if len(texts) else phrases).T
    if not len(texts):
        np.fill_diagonal(cosines, -1.0)
    return NearestCosines(cosines.max(axis=1), (phrases @ index.background.T).max(axis=1), bool(len(texts)))


def _sample_texts(index: VectorIndex) -> Vectors:
    """float32 (n, dim) of passages, a fixed random sample of at most 4,096."""
    if index.is_seen is None:
        return index.vectors(np.empty(0, np.int64))
    numbers = np.flatnonzero(~index.is_seen[index.item_rows])
    if len(numbers) > _MOST:
        numbers = np.sort(np.random.default_rng(0).choice(numbers, _MOST, replace=False))
    return index.vectors(numbers)
