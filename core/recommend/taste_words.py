"""Tastes in words: what each is about, from the vocabulary that clusters are named in."""

from __future__ import annotations

import threading

import numpy as np

from core.cluster_names import word_choices
from core.encoders.base import Encoder, Vectors
from core.progress import OnProgress
from core.recommend.taste import Tastes
from core.words import words_of

_OF_ALL = 0.5  # share of what the library as a whole says that is taken away, as for clusters
_OTHERS = 500  # vectors of the library that tell it


def taste_words(
    encoder: Encoder,
    tastes: Tastes,
    *,
    background: Vectors | None = None,
    count: int = 5,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> tuple[tuple[str, ...], ...]:
    """The words nearest to each taste, the nearest first: those that it chooses more readily than the library does.

    background: (b, dim) a sample of the library (`VectorIndex.background`). The vocabulary is embedded once, which
    takes some seconds, and is kept (`core.words`). Raises Cancelled.
    """
    if not len(tastes):
        return ()
    words = words_of(encoder, on_progress=on_progress, cancel=cancel)
    scores = word_choices(tastes.vectors, words)
    if background is not None and len(background):
        scores -= np.float32(_OF_ALL) * word_choices(background[:_OTHERS], words).mean(axis=0)
    return tuple(tuple(words.names[row] for row in np.argsort(-each)[:count]) for each in scores)
