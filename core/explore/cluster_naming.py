"""Names of clusters, offline: words that describe a cluster's members and not the rest.

Each picture has a probability for each word of a vocabulary: a softmax over its cosines, standardized per picture (see
`core.search.relevance`). The score of a word for a cluster is the mean log probability among its members, minus half of
that in the whole library, so that a name says what distinguishes a cluster. An assignment (Kuhn 1955) gives each
cluster a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.precomputed import supports_text
from core.explore.clustering import Clusters
from core.explore.exemplars import find_representatives
from core.explore.vocabulary import Vocabulary, load_vocabulary
from core.progress import SILENT, Task

Numbers = NDArray[np.int64]
Captioner = Callable[[Numbers], Sequence[str]]
"""Returns a caption for each of some points; captions compete with the vocabulary."""

NAMED = 0.3  # confidence below which a cluster stays unnamed

_SHARPNESS = 2.0  # of the softmax, per standard deviation
_OF_ALL = 0.5  # share of the library's log probability that is subtracted
_SIMILAR = 0.25  # cosine of centered word vectors that mean nearly the same (dog, terrier: 0.45)
_MEMBERS, _OTHERS = 150, 2_000  # sampled points of each cluster, and of all
_CANDIDATES = 40  # of each cluster, for the assignment
_MAX_CANDIDATES = 5  # members of each cluster for the captioner
_DOUBT = 2.0  # standard errors subtracted from the area under the curve, against accidents of small clusters
_RUNNERS_UP = 4
_STOPPED = "Stopped before the clusters had names."


@dataclass(frozen=True, slots=True)
class ClusterName:
    """A name and its confidence.

    Parameters
    ----------
    name : str or None
        None if no word fits.
    confidence : float
        0 to 1, the geometric mean of fit and lift; random groups reach about 0.1. Fit: the probability of the name and
        of similar words among the members. Lift: twice the area under the ROC curve of members against other points,
        minus 1, after two standard errors are subtracted; 1 if there are no other points.
    runners_up : tuple of str
        The next best words that name no other cluster, best first.
    """

    name: str | None
    confidence: float
    runners_up: tuple[str, ...]

    def describe(self, most: int) -> str:
        """The confidence and up to so many runners-up, as text."""
        rest = ", ".join(self.runners_up[:most])
        if self.name is not None:
            return f"{self.confidence:.0%}" + (f"; or {rest}" if rest else "")
        return f"No word fits well; nearest: {rest}" if rest else "The encoder of these vectors reads no words"


@task_keywords
def name_clusters(
    encoder: Encoder,
    vectors: Vectors,
    clusters: Clusters,
    *,
    words: Sequence[str] | None = None,
    captioner: Captioner | None = None,
    task: Task = SILENT,
) -> tuple[ClusterName, ...]:
    """Names each cluster differently, in words of a vocabulary.

    Parameters
    ----------
    encoder : Encoder
        If it cannot encode text (imported vectors), clusters stay unnamed.
    vectors : array of float, shape (n, dim)
        Unit rows.
    clusters : Clusters
        Of these vectors.
    words : sequence of str, optional
        Words besides `core.explore.vocabulary`, such as the labels of a library.
    captioner : callable, optional
        Describes representatives of each cluster, see `Captioner`.

    Returns
    -------
    tuple of ClusterName
        One for each cluster.

    Raises
    ------
    Cancelled
    """
    groups = [clusters.members(number) for number in range(clusters.count)]
    if not groups:
        return ()
    if not supports_text(encoder):
        return tuple(ClusterName(None, 0.0, ()) for _ in groups)
    more = list(words or ())
    if captioner is not None:
        for members in groups:
            task.check(_STOPPED)
            more += captioner(find_representatives(vectors, members, _MAX_CANDIDATES))
    vocabulary = load_vocabulary(encoder, more=more, task=task)
    rng = np.random.default_rng(0)
    choices = [compute_word_choices(vectors[_sample_numbers(members, _MEMBERS, rng)], vocabulary) for members in groups]
    sample = _sample_numbers(np.arange(len(vectors)), _OTHERS, rng)
    usual = compute_word_choices(vectors[sample], vocabulary).mean(axis=0)
    scores = np.stack([entry.mean(axis=0) for entry in choices]) - _OF_ALL * usual
    best = _assign(scores)
    neighborhood = _Neighborhood(vocabulary)
    names = []
    for number, word in enumerate(best):
        task.check(_STOPPED)
        outside = _sample_numbers(np.flatnonzero(clusters.labels != number), _OTHERS, rng)
        lift = _compute_lift(
            vectors[groups[number]] @ vocabulary.vectors[word], vectors[outside] @ vocabulary.vectors[word]
        )
        confidence = float(np.sqrt(neighborhood.share(np.exp(choices[number]), word) * lift))
        rest = [entry for entry in np.argsort(-scores[number])[:_CANDIDATES] if entry not in best][:_RUNNERS_UP]
        runners_up = tuple(vocabulary.names[entry] for entry in rest)
        names.append(ClusterName(vocabulary.names[word] if confidence >= NAMED else None, confidence, runners_up))
    return tuple(names)


class _Neighborhood:
    """Similarity of words in meaning, by centered vectors."""

    def __init__(self, words: Vocabulary) -> None:
        self._rows = unit_rows(words.vectors - words.vectors.mean(axis=0))

    def share(self, choices: NDArray[np.floating], word: int) -> float:
        """The mean probability, 0 to 1, of a word and of similar words, of probabilities (n, words)."""
        return float(choices[:, self._rows @ self._rows[word] > _SIMILAR].sum(axis=1).mean())


def compute_word_choices(vectors: Vectors, words: Vocabulary) -> NDArray[np.float32]:
    """(n, words) log probabilities of words for vectors (n, dim)."""
    cosines = vectors @ words.vectors.T
    logits = _SHARPNESS * (cosines - cosines.mean(axis=1, keepdims=True)) / (cosines.std(axis=1, keepdims=True) + 1e-6)
    logits += np.log(words.prior)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), np.float32)


def _assign(scores: NDArray[np.floating]) -> Numbers:
    """(k,) a different word for each row of (k, words), with the highest sum of scores."""
    from scipy.optimize import linear_sum_assignment

    target = max(_CANDIDATES, len(scores))
    candidates = np.unique(np.argpartition(-scores, min(target, scores.shape[1]) - 1, axis=1)[:, :target])
    return candidates[linear_sum_assignment(scores[:, candidates], maximize=True)[1]]


def _compute_lift(inside: NDArray[np.floating], outside: NDArray[np.floating]) -> float:
    """0 to 1, see `ClusterName`. The standard error is that of random order (Mann and Whitney 1947)."""
    if not len(outside):
        return 1.0
    area = np.searchsorted(np.sort(outside), inside).mean() / len(outside)
    error = np.sqrt((1 / len(inside) + 1 / len(outside)) / 12)
    return float(np.clip(2 * (area - _DOUBT * error) - 1, 0.0, 1.0))


def _sample_numbers(numbers: Numbers, limit: int, rng: np.random.Generator) -> Numbers:
    return numbers if len(numbers) <= limit else np.sort(rng.choice(numbers, limit, replace=False))
