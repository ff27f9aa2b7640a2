"""Names for clusters, in words and offline: what is said of a cluster's members and not of the rest.

Each picture chooses among the words of a vocabulary: a softmax over its cosines, standardised for each picture (see
`core.search.relevance`). A word's score in a cluster is the mean log probability that its members choose it, less half
of what
the library as a whole gives it, so that a name says what sets a cluster apart. An assignment (Kuhn 1955) gives each
cluster a name of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.precomputed import supports_text
from core.errors import Cancelled
from core.explore.clustering import Clusters
from core.explore.exemplars import find_representatives
from core.explore.vocabulary import Vocabulary, load_vocabulary
from core.progress import OnProgress

Numbers = NDArray[np.int64]
Captioner = Callable[[Numbers], Sequence[str]]
"""Takes the numbers of some points, and tells each in words; its captions compete with the vocabulary."""

NAMED = 0.3  # confidence below which a cluster stays unnamed

_SHARPNESS = 2.0  # of the softmax, per standard deviation
_OF_ALL = 0.5  # share of the library's own log probability that is taken away
_SIMILAR = 0.25  # cosine, about the words' mean, of words that say nearly the same (dog, terrier: 0.45)
_MEMBERS, _OTHERS = 150, 2_000  # points that are looked at: of each cluster, and of all
_CANDIDATES = 40  # of each cluster, for the assignment
_MAX_CANDIDATES = 5  # members that a captioner is shown
_DOUBT = 2.0  # standard errors that are taken from what a small cluster seems to show
_RUNNERS_UP = 4


@dataclass(frozen=True, slots=True)
class ClusterName:
    """name: None where no word fits, "unnamed". runners_up: the next best words, best first; no other cluster's name.

    confidence: 0 to 1, the geometric mean of two shares. Fit: how much of what members choose is the name or a word
    near it in meaning. Lift: how surely a member fits the name better than a picture outside does (twice the area under
    the ROC curve less 1, less two standard errors); 1 where there is nothing outside. Random groups reach about 0.1.
    """

    name: str | None
    confidence: float
    runners_up: tuple[str, ...]

    def describe(self, most: int) -> str:
        """How sure the name is, and up to so many others, for people."""
        rest = ", ".join(self.runners_up[:most])
        if self.name is not None:
            return f"{self.confidence:.0%}" + (f"; or {rest}" if rest else "")
        return f"No word fits well; nearest: {rest}" if rest else "The encoder of these vectors reads no words"


def name_clusters(
    encoder: Encoder,
    vectors: Vectors,
    clusters: Clusters,
    *,
    words: Sequence[str] | None = None,
    captioner: Captioner | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> tuple[ClusterName, ...]:
    """A name for each cluster of (n, dim) unit rows, no name twice.

    An encoder that reads no words (imported vectors) leaves them unnamed.
    words: more words than the vocabulary has, for instance the labels of a library; see `core.explore.vocabulary`.
    Raises Cancelled.
    """
    groups = [clusters.members(number) for number in range(clusters.count)]
    if not groups:
        return ()
    if not supports_text(encoder):
        return tuple(ClusterName(None, 0.0, ()) for _ in groups)
    more = list(words or ())
    if captioner is not None:
        for members in groups:
            _check_cancelled(cancel)
            more += captioner(find_representatives(vectors, members, _MAX_CANDIDATES))
    vocabulary = load_vocabulary(encoder, more=more, on_progress=on_progress, cancel=cancel)
    rng = np.random.default_rng(0)
    choices = [compute_word_choices(vectors[_sample_numbers(members, _MEMBERS, rng)], vocabulary) for members in groups]
    everything = compute_word_choices(vectors[_sample_numbers(np.arange(len(vectors)), _OTHERS, rng)], vocabulary).mean(
        axis=0
    )
    scores = np.stack([entry.mean(axis=0) for entry in choices]) - _OF_ALL * everything
    best = _assign(scores)
    nearest = _Neighborhood(vocabulary)
    found = []
    for number, word in enumerate(best):
        _check_cancelled(cancel)
        outside = _sample_numbers(np.flatnonzero(clusters.labels != number), _OTHERS, rng)
        lift = _compute_lift(
            vectors[groups[number]] @ vocabulary.vectors[word], vectors[outside] @ vocabulary.vectors[word]
        )
        confidence = float(np.sqrt(nearest.share(np.exp(choices[number]), word) * lift))
        rest = [entry for entry in np.argsort(-scores[number])[:_CANDIDATES] if entry not in best][:_RUNNERS_UP]
        runners_up = tuple(vocabulary.names[entry] for entry in rest)
        found.append(ClusterName(vocabulary.names[word] if confidence >= NAMED else None, confidence, runners_up))
    return tuple(found)


def _check_cancelled(cancel: threading.Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped before the clusters had names.")


class _Neighborhood:
    """Words by meaning: how alike they are about their mean."""

    def __init__(self, words: Vocabulary) -> None:
        self._rows = unit_rows(words.vectors - words.vectors.mean(axis=0))

    def share(self, choices: NDArray[np.floating], word: int) -> float:
        """Of the probabilities (n, words) the share, 0 to 1, that is a word's and that of words near it."""
        return float(choices[:, self._rows @ self._rows[word] > _SIMILAR].sum(axis=1).mean())


def compute_word_choices(vectors: Vectors, words: Vocabulary) -> NDArray[np.float32]:
    """(n, words) log probabilities that each of (n, dim) chooses each word."""
    cosines = vectors @ words.vectors.T
    logits = _SHARPNESS * (cosines - cosines.mean(axis=1, keepdims=True)) / (cosines.std(axis=1, keepdims=True) + 1e-6)
    logits += np.log(words.prior)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), np.float32)


def _assign(scores: NDArray[np.floating]) -> Numbers:
    """(k,) a word for each of (k, words), none twice, so that the scores of all are as high as they can be together."""
    from scipy.optimize import linear_sum_assignment

    target = max(_CANDIDATES, len(scores))
    candidates = np.unique(np.argpartition(-scores, min(target, scores.shape[1]) - 1, axis=1)[:, :target])
    return candidates[linear_sum_assignment(scores[:, candidates], maximize=True)[1]]


def _compute_lift(inside: NDArray[np.floating], outside: NDArray[np.floating]) -> float:
    """0 to 1; see `ClusterName`. The standard error is that of chance (Mann and Whitney 1947)."""
    if not len(outside):
        return 1.0
    area = np.searchsorted(np.sort(outside), inside).mean() / len(outside)
    error = np.sqrt((1 / len(inside) + 1 / len(outside)) / 12)
    return float(np.clip(2 * (area - _DOUBT * error) - 1, 0.0, 1.0))


def _sample_numbers(numbers: Numbers, limit: int, rng: np.random.Generator) -> Numbers:
    return numbers if len(numbers) <= limit else np.sort(rng.choice(numbers, limit, replace=False))
