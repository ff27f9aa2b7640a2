"""Names of clusters, offline: words that describe most members of a cluster and not the rest.

A picture is near a word if it, or a word that means nearly the same, is among the five that describe the picture best;
cosines are standardized per picture (see `core.search.relevance`). A word's score for a cluster is the share of members
near it, minus half of that share among all others, so that a name says what distinguishes the cluster; phrases and
narrow words count a little less, unless the user or the library has them. A word names a cluster only if most members
are near it. Otherwise the cluster has no name, and the picture in its middle stands for it.

Two clusters may have one name: a second-best word for the sake of a difference was wrong more often.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

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

NAMED = 0.3  # confidence below which a cluster has no name

_AGREED = 0.6  # share of the members that must be near a name: of these, captions confirm about three quarters
_NEAREST = 5  # words that describe a picture best
_OF_OTHERS = 0.5  # weight of the share of others that are near a word
_PER_WORD = 0.2  # subtracted for each word of a phrase after the first
_NARROW = 0.1  # subtracted for narrow words
_PER_DEVIATION = 0.1  # added for each standard deviation of the members' mean cosine
_SHARPNESS = 2.0  # of the softmax, per standard deviation
_SIMILAR = 0.4  # cosine of centered word vectors that mean nearly the same (dog, terrier: 0.45)
_MEMBERS, _OTHERS = 150, 2_000  # sampled points of each cluster, and of all
_MAX_CANDIDATES = 5  # members of each cluster for the captioner
_DOUBT = 2.0  # standard errors subtracted from the area under the curve, against accidents of small clusters
_RUNNERS_UP = 4
_DIGITS = 5  # of scores that count
_FIRST = 10.0  # more than any score
_CONTENT = re.compile(r"\b(?!(?:a|an|the|in|on|of|with|at|to|and|or|from|for|by)\b)\w+")
_STOPPED = "Stopped before the clusters had names."


@dataclass(frozen=True, slots=True)
class ClusterName:
    """A name and its confidence.

    Parameters
    ----------
    name : str or None
        None if no word fits.
    confidence : float
        0 to 1, the geometric mean of agreement and lift. Agreement: the share of members near the best word. Lift:
        twice the area under the ROC curve of members against other points, minus 1, after two standard errors are
        subtracted; 1 if there are no other points.
    runners_up : tuple of str
        The next best words, best first.
    """

    name: str | None
    confidence: float
    runners_up: tuple[str, ...]

    def describe(self, most: int) -> str:
        """The confidence and up to so many runners-up, as text."""
        rest = ", ".join(self.runners_up[:most])
        if self.name is not None:
            return f"{self.confidence:.0%}" + (f"; or {rest}" if rest else "")
        return f"No word fits most of them; nearest: {rest}" if rest else "The encoder of these vectors reads no words"


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
    """Names clusters in words of a vocabulary.

    Parameters
    ----------
    encoder : Encoder
        If it cannot encode text (imported vectors), clusters have no names.
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
    others = _sample_numbers(np.arange(len(vectors)), _OTHERS, rng)
    scorer = _WordScorer(vocabulary, vectors[others], clusters.labels[others])
    names = []
    for number, members in enumerate(groups):
        task.check(_STOPPED)
        sample = vectors[_sample_numbers(members, _MEMBERS, rng)]
        scores, agreement = scorer.score(sample, number)
        # words of equal vectors differ in the last bits of a product; their order is that of the list
        best, *rest = np.argsort(-scores.round(_DIGITS), kind="stable")[: _RUNNERS_UP + 1].tolist()
        outside = vectors[others[clusters.labels[others] != number]]
        lift = _compute_lift(sample @ vocabulary.vectors[best], outside @ vocabulary.vectors[best])
        confidence = float(np.sqrt(agreement[best] * lift))
        name = vocabulary.names[best] if agreement[best] >= _AGREED and confidence >= NAMED else None
        shown = rest if name is not None else [best, *rest[:-1]]
        names.append(ClusterName(name, confidence, tuple(vocabulary.names[word] for word in shown)))
    return tuple(names)


def make_titles(names: Sequence[str | None], stand_ins: Sequence[str]) -> list[str]:
    """A different title for each cluster: its name, or "like" and what stands for it; numbered where two are equal."""
    titles: list[str] = []
    for name, stand_in in zip(names, stand_ins, strict=True):
        title = name or f"like “{stand_in}”"
        numbered = (title if number == 1 else f"{title} {number}" for number in count(1))
        titles.append(next(entry for entry in numbered if entry not in titles))
    return titles


class _WordScorer:
    """Scores of words for clusters, against a sample (n, dim) of all points with their clusters (n,)."""

    def __init__(self, words: Vocabulary, sample: Vectors, labels: Numbers) -> None:
        rows = unit_rows(words.vectors - words.vectors.mean(axis=0))
        self._words, self._labels = words, labels
        self._similar = rows @ rows.T > _SIMILAR
        self._less = np.array([_PER_WORD * (len(_CONTENT.findall(name)) - 1) for name in words.names])
        self._less += np.where(words.prior < 1, _NARROW, 0.0)
        self._less[: words.given] = 0.0
        self._sample_near = self._find_near(standardize_cosines(sample, words))

    def score(self, members: Vectors, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(words,) scores for the members (m, dim) of a cluster, and the shares of them near each word.

        Words that most members are near come before all others.
        """
        cosines = standardize_cosines(members, self._words)
        agreement = self._find_near(cosines).mean(axis=0)
        outside = self._sample_near[self._labels != number]
        usual = outside.mean(axis=0) if len(outside) else np.zeros_like(agreement)
        scores = agreement - _OF_OTHERS * usual - self._less + _PER_DEVIATION * cosines.mean(axis=0)
        return np.where(agreement >= _AGREED, scores + _FIRST, scores), agreement

    def _find_near(self, cosines: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(n, words) whether each word, or a similar one, is among the best of each row of (n, words)."""
        nearest = np.argpartition(-cosines, _NEAREST, axis=1)[:, :_NEAREST]
        near = self._similar[nearest[:, 0]]
        for column in nearest.T[1:]:
            near |= self._similar[column]
        return near


def compute_word_choices(vectors: Vectors, words: Vocabulary) -> NDArray[np.float32]:
    """(n, words) log probabilities of words for vectors (n, dim)."""
    logits = _SHARPNESS * standardize_cosines(vectors, words) + np.log(words.prior)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), np.float32)


def standardize_cosines(vectors: Vectors, words: Vocabulary) -> NDArray[np.float32]:
    """(n, words) cosines of vectors (n, dim), with mean 0 and standard deviation 1 for each vector."""
    cosines = vectors @ words.vectors.T
    return np.asarray(
        (cosines - cosines.mean(axis=1, keepdims=True)) / (cosines.std(axis=1, keepdims=True) + 1e-6), np.float32
    )


def _compute_lift(inside: NDArray[np.floating], outside: NDArray[np.floating]) -> float:
    """0 to 1, see `ClusterName`. The standard error is that of random order (Mann and Whitney 1947)."""
    if not len(outside):
        return 1.0
    area = np.searchsorted(np.sort(outside), inside).mean() / len(outside)
    error = np.sqrt((1 / len(inside) + 1 / len(outside)) / 12)
    return float(np.clip(2 * (area - _DOUBT * error) - 1, 0.0, 1.0))


def _sample_numbers(numbers: Numbers, limit: int, rng: np.random.Generator) -> Numbers:
    return numbers if len(numbers) <= limit else np.sort(rng.choice(numbers, limit, replace=False))
