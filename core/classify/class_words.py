"""How probable it is that the words of a class describe an item: by themselves, and as a search of a library says."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.calibration import get_calibration
from core.library.index import VectorIndex
from core.search.query import Term
from core.search.relevance import Relevance, description_probability


@dataclass(frozen=True)
class ClassWords:
    """The words of c classes.

    Attributes
    ----------
    encoder : Encoder
    vectors : array of float, shape (c, dim)
        Unit rows.
    index : VectorIndex, optional
        Of the library that the items belong to, if they belong to one.
    """

    encoder: Encoder
    vectors: Vectors
    index: VectorIndex | None = None
    _read: dict[int, Relevance] = field(default_factory=dict, init=False, repr=False, compare=False)

    def apart(self) -> ClassWords:
        """The same words, for items of no library."""
        return ClassWords(self.encoder, self.vectors)

    def match(self, vectors: Vectors, numbers: NDArray[np.int64]) -> NDArray[np.float32] | None:
        """The match (n,) that a search of the library for the words of a class has for an item, 0 to 1.

        vectors: (n, dim) unit rows of the items. numbers: (n,) a class of each. None without a library, and with an
        encoder whose matches were never measured.
        """
        if self.index is None or not len(self.index) or not get_calibration(self.encoder).is_measured:
            return None
        match = np.zeros(len(vectors), np.float32)
        for number in np.unique(numbers).tolist():
            own = np.flatnonzero(numbers == number)
            reading = self._judge(self.index, number)
            match[own] = reading.hit_probabilities(vectors[own] @ reading.query, vectors[own])
        return match

    def in_class_probability(
        self, vectors: Vectors, numbers: NDArray[np.int64], match: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        """Probability (n,), 0 to 1, that items belong to these classes rather than to none.

        The best of hundreds of classes fits by accident, which a search for one of them cannot know. So the words must
        also describe the item among so many. match: what `match` returned for the same items.
        """
        described = description_probability(self.encoder, self.vectors, vectors, numbers)
        return described if match is None else np.minimum(described, match)

    def _judge(self, index: VectorIndex, number: int) -> Relevance:
        if number not in self._read:
            terms = [Term("text", "")]  # the words are in the vector
            self._read[number] = Relevance.from_library(self.encoder, index, self.vectors[number], terms)
        return self._read[number]
