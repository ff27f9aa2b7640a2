"""Questions to an embedding of words: analogies, and the word that does not belong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.learn.state import Embedding
from core.learn.words.text import Vocabulary


def find_word(words: Vocabulary, word: str) -> int:
    """The number of a word, in any case. Raises DataError if the text does not have it often enough."""
    try:
        return words.names.index(word.strip().lower().replace("’", "'"))
    except ValueError:
        raise DataError(f"“{word}” does not occur often enough in this text: choose another word.") from None


def solve_analogy(embedding: Embedding, a: int, b: int, c: int, *, k: int = 5) -> list[tuple[int, float]]:
    """The words that are to `c` as `b` is to `a`: nearest to b - a + c by cosine, without the three (Mikolov et al.
    2013).

    Parameters
    ----------
    embedding : array of float32, shape (words, d)
    a, b, c : int
        Numbers of words.
    k : int

    Returns
    -------
    list of (int, float)
        Numbers and cosines (-1 to 1), best first.
    """
    unit = _unit(embedding)
    cosines = unit @ _unit((unit[b] - unit[a] + unit[c])[None])[0]
    order = [int(number) for number in np.argsort(-cosines, kind="stable") if number not in (a, b, c)]
    return [(number, float(cosines[number])) for number in order[:k]]


def find_odd_one_out(embedding: Embedding, numbers: Sequence[int]) -> tuple[int, list[float]]:
    """The word that belongs least to the others.

    Parameters
    ----------
    embedding : array of float32, shape (words, d)
    numbers : sequence of int
        At least three different words.

    Returns
    -------
    (int, list of float)
        Its number, and for each word the mean cosine with the others (-1 to 1), in their order.

    Raises
    ------
    DataError
        There are fewer than three.
    """
    if len(set(numbers)) < 3:
        raise DataError("Choose at least three different words.")
    unit = _unit(embedding[list(numbers)])
    means = ((unit @ unit.T).sum(axis=1) - 1) / (len(numbers) - 1)
    return int(numbers[int(np.argmin(means))]), [float(value) for value in means]


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
