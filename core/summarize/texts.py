"""The sentences of texts that say most.

Sentence by sentence, the next is the one that brings all others nearest to one that is chosen: what is said already
adds nothing, which is what maximal marginal relevance (Carbonell and Goldstein 1998) is for. Of these, central
sentences come first: LexRank (Erkan and Radev 2004), with cosines of the sentence encoder instead of shared words; and
those that begin a paragraph, which often say what it is about. A sentence that leans on the one before takes it along,
or is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.encoders.sentences import open_sentence_encoder
from core.errors import DataError
from core.previews.notebook import show_lines
from core.progress import SILENT, Task
from core.summarize.covering import compute_covered
from core.summarize.document import Sentence

_MOST = 3_000  # sentences that are compared; of longer texts, every second, third, ...
_DAMPING = 0.85  # of the random walk, as published
_STEPS = 30
_ALIKE = 0.1  # least cosine of sentences that have something to do with each other
_CENTRAL, _OPENS = 1.0, 1.0  # what the most central sentence, and one that begins a paragraph, counts in sentences
_TOGETHER = 3  # most sentences that are taken along as one


@dataclass(frozen=True, slots=True)
class TextSummary:
    """Sentences in the order of the texts.

    Attributes
    ----------
    sentences : tuple of Sentence
    count : int
        Sentences of the texts.
    covered : float
        Mean cosine of all sentences with the nearest of those chosen, 0 (unrelated) to 1 (all are there).
    """

    sentences: tuple[Sentence, ...]
    count: int
    covered: float

    def _repr_html_(self) -> str:
        heading = f"{len(self.sentences):,} of {self.count:,} sentences, covering {self.covered:.0%}"
        return show_lines([sentence.text for sentence in self.sentences], heading=heading)


def summarize_texts(sentences: Sequence[Sentence], *, count: int = 5, task: Task = SILENT) -> TextSummary:
    """The sentences that say most.

    Parameters
    ----------
    sentences : sequence of Sentence
        Of one or several documents, see `read_sentences`.
    count : int
        Most sentences, at least 1.
    task : Task, optional

    Raises
    ------
    DataError
        There is no sentence in it.
    Cancelled
    """
    if not sentences:
        raise DataError("There is no sentence to summarize: choose another text.")
    step = -(-len(sentences) // _MOST)
    kept = sentences[::step]
    vectors = embed_sentences([sentence.text for sentence in kept], task=task)
    centrality = compute_centrality(vectors)
    worth = _CENTRAL * centrality + _OPENS * np.array([sentence.opens for sentence in kept])
    chosen = _choose(_make_units(kept, together=step == 1), vectors, worth, max(1, count)) or [int(centrality.argmax())]
    covered = compute_covered(vectors, vectors[chosen], chance=0.0)
    return TextSummary(tuple(kept[number] for number in sorted(chosen)), len(sentences), covered)


def embed_sentences(texts: Sequence[str], *, task: Task = SILENT) -> Vectors:
    """(n, 384) unit rows of the sentence encoder. Raises Cancelled."""
    encoder = open_sentence_encoder()
    stopped = "Stopped before all sentences were compared."
    batches = task.track_batches(texts, encoder.batch_size, "sentences", "sentences", stopped=stopped)
    return np.concatenate([encoder.encode_texts(batch) for batch in batches])


def compute_centrality(vectors: Vectors) -> NDArray[np.float64]:
    """How central each sentence is (n,), 0 to 1: the stationary share of a random walk over similar sentences."""
    similar = vectors @ vectors.T
    similar[similar < _ALIKE] = 0.0
    walk = similar / similar.sum(axis=1, keepdims=True)
    shares = np.full(len(vectors), 1 / len(vectors))
    for _ in range(_STEPS):
        shares = (1 - _DAMPING) / len(vectors) + _DAMPING * (shares @ walk)
    return np.asarray(shares / shares.max(), float)


def _make_units(sentences: Sequence[Sentence], *, together: bool) -> list[list[int]]:
    """For each sentence that can be understood: its number, after those that it leans on. together: whether these are
    the sentences before it; if not, as some were left out, it is not understood."""
    units = []
    for number in range(len(sentences)):
        first = number
        while (
            together
            and first > 0
            and sentences[first].hangs
            and not sentences[first].opens
            and number - first < _TOGETHER - 1
        ):
            first -= 1
        unit = list(range(first, number + 1))
        if not sentences[first].hangs and all(sentences[row].is_statement for row in unit):
            units.append(unit)
    return units


def _choose(units: Sequence[list[int]], vectors: Vectors, worth: NDArray[np.floating], count: int) -> list[int]:
    """Numbers of sentences, up to `count`: unit by unit the one that says most that was not said.

    worth: (n,) what each sentence counts by itself.
    """
    similar = np.where((cosines := vectors @ vectors.T) >= _ALIKE, cosines, 0.0)
    chosen: list[int] = []
    said = np.zeros(len(vectors))  # the largest cosine of each with what is chosen
    while True:
        best, best_score, rest = None, -np.inf, count - len(chosen)
        for unit in units:
            fresh = [row for row in unit if row not in chosen]
            if not fresh or len(fresh) > rest:
                continue
            gain = np.maximum(similar[fresh].max(axis=0) - said, 0).mean()
            score = float(gain + worth[fresh].mean() / len(vectors)) / len(fresh)
            if score > best_score:
                best, best_score = fresh, score
        if best is None:
            return chosen
        chosen += best
        np.maximum(said, similar[best].max(axis=0), out=said)
