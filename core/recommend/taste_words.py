"""Tastes in words: what each is about, from the vocabulary that clusters are named in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.explore.cluster_naming import compute_word_choices
from core.explore.vocabulary import Vocabulary
from core.recommend.taste import Tastes

_OF_ALL = 0.5  # share of what the library as a whole says that is taken away, as for clusters
_OTHERS = 500  # vectors of the library that tell it


def compute_usual_choices(words: Vocabulary, background: Vectors) -> NDArray[np.float32]:
    """(words,) how readily a library chooses each word: log probabilities, on the mean of a sample of it.

    background: (b, dim) the sample (`VectorIndex.background`).
    """
    if not len(background):
        return np.zeros(len(words.names), np.float32)
    return np.asarray(compute_word_choices(background[:_OTHERS], words).mean(axis=0), np.float32)


def find_taste_words(
    tastes: Tastes, words: Vocabulary, *, usual: NDArray[np.float32] | None = None, count: int = 5
) -> tuple[tuple[str, ...], ...]:
    """The words nearest to each taste, the nearest first: those that it chooses more readily than the library does.

    words: the vocabulary (`core.explore.vocabulary.load_vocabulary`). usual: `compute_usual_choices` of the library.
    """
    if not len(tastes):
        return ()
    scores = compute_word_choices(tastes.vectors, words)
    if usual is not None:
        scores -= np.float32(_OF_ALL) * usual
    return tuple(tuple(words.names[row] for row in np.argsort(-score)[:count]) for score in scores)
