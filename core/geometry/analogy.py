"""Analogies, a - b + c over words and pictures, and which of them work on a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deprecated import renamed_names, task_keywords
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prompts
from core.errors import QueryError
from core.geometry.distance import embed_terms
from core.geometry.nearest import NearItem, exclude_items, find_candidates, to_near_items
from core.library.index import VectorIndex
from core.library.store import Library
from core.progress import SILENT, Task
from core.search.query import Term

_SAME = 1e-4  # length below which a sum counts as zero


@dataclass(frozen=True, slots=True)
class Analogy:
    """What is nearest to a - b + c.

    Attributes
    ----------
    items : tuple of NearItem
        Nearest items, best first.
    words : tuple of (str, float)
        Nearest reference prompts and their cosines, best first.
    alone : int
        How many of the items are also among those nearest to `c` alone.
    """

    items: tuple[NearItem, ...]
    words: tuple[tuple[str, float], ...]
    alone: int


@dataclass(frozen=True, slots=True)
class AnalogyTrial:
    """An analogy of words with a known answer: "man" - "woman" + "girl" should be "boy".

    Attributes
    ----------
    a, b, c, target : str
    before, after : float
        Mean rank, 0 (first) to 1 (last), of the pictures that a search for `target` puts first: in a search for `a` or
        `c` alone, whichever is better, and in a search for the analogy. In a sample of the library, see
        `VectorIndex.background`.
    """

    a: str
    b: str
    c: str
    target: str
    before: float
    after: float

    @property
    def works(self) -> bool:
        """Whether the analogy ranks the target better than `a` or `c` alone."""
        return self.after < self.before


def solve_analogy(
    library: Library, encoder: Encoder, a: Term, b: Term, c: Term, *, nearest: int = 8, centered: bool = True
) -> Analogy:
    """Finds what is to `c` as `a` is to `b`: the nearest neighbors of a - b + c (3CosAdd [1]_).

    Parameters
    ----------
    library : Library
    encoder : Encoder
    a, b, c : Term
        Their own items and words are left out of the results.
    nearest : int
        Most items, and most words.
    centered : bool
        Whether the mean of words is subtracted from words, and that of pictures from pictures, so that a mixed analogy
        does not express the difference between words and pictures.

    Returns
    -------
    Analogy

    Raises
    ------
    QueryError
        A term has no vector, or the three cancel out.

    References
    ----------
    .. [1] Mikolov et al. 2013, "Linguistic regularities in continuous space word representations"
    """
    index = library.index(encoder)
    terms = [a, b, c]
    words = embed_reference_prompts(encoder)
    means = _compute_means(encoder, index, centered)
    vectors, allowed = embed_terms(encoder, index, terms), exclude_items(index, terms)
    target = _sum(vectors, terms, means)
    items, items_of_c = (
        _find_nearest_centered(index, vector, means[1], nearest, allowed)
        for vector in (target, _sum(vectors[2:], terms[2:], means))
    )
    own = {str(term.value).lower() for term in terms if term.is_word}
    cosines, prompts = unit_rows(words - means[0]) @ target, get_reference_prompts()
    order = [row for row in np.argsort(-cosines)[: nearest + len(own)] if prompts[row].lower() not in own]
    named = tuple((prompts[row], float(cosines[row])) for row in order[:nearest])
    return Analogy(items, named, len({near.item.id for near in items} & {near.item.id for near in items_of_c}))


@task_keywords
def try_analogies(
    library: Library,
    encoder: Encoder,
    examples: Sequence[tuple[str, str, str, str]],
    *,
    top_k: int = 10,
    task: Task = SILENT,
) -> list[AnalogyTrial]:
    """Tests which analogies of words work on a library.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    examples : sequence of (str, str, str, str)
        a, b, c and the target.
    top_k : int
        Number of pictures that a search for the target puts first.
    task : Task, optional

    Returns
    -------
    list of AnalogyTrial
        Those that gain most first.

    Raises
    ------
    QueryError
        The library has fewer than 2 `top_k` vectors.
    Cancelled
    """
    index = library.index(encoder)
    means = _compute_means(encoder, index, True)
    pictures = unit_rows(index.background - means[1])
    if len(pictures) < 2 * top_k:
        raise QueryError(f"Testing analogies needs at least {2 * top_k} pictures.")
    trials: list[AnalogyTrial] = []
    for example in task.track(examples, "try", "analogies", stopped="Stopped before all analogies were tried."):
        terms = [Term("text", text) for text in example]
        vectors = embed_terms(encoder, index, terms)
        target = np.argsort(-(index.background @ vectors[3]))[:top_k]
        alone = [_sum(vectors[row : row + 1], terms[row : row + 1], means) for row in (0, 2)]
        before = min(_mean_rank(pictures @ vector, target) for vector in alone)
        after = _mean_rank(pictures @ _sum(vectors[:3], terms[:3], means), target)
        trials.append(AnalogyTrial(*example, before, after))
    return sorted(trials, key=lambda trial: trial.after - trial.before)


def _find_nearest_centered(
    index: VectorIndex, vector: NDArray[np.float32], mean: NDArray[np.float32], count: int, allowed: NDArray[np.bool_]
) -> tuple[NearItem, ...]:
    """Like `find_nearest_items`, but ranks the candidates by their centered vectors."""
    _, numbers = find_candidates(index, vector, count, allowed=allowed)
    if not len(numbers):
        return ()
    return to_near_items(index, numbers, unit_rows(index.vectors(numbers) - mean) @ vector, count)


def _mean_rank(scores: NDArray[np.float32], target: NDArray[np.int64]) -> float:
    ranks = np.argsort(np.argsort(-scores, kind="stable"), kind="stable")
    return float(ranks[target].mean() / max(1, len(scores) - 1))


def _compute_means(encoder: Encoder, index: VectorIndex, centered: bool) -> Vectors:
    """Means of words and of pictures, (2, dim); zeros without centering."""
    if not centered or not len(index):
        return np.zeros((2, encoder.dim), np.float32)
    return np.stack([embed_reference_prompts(encoder).mean(axis=0), index.background.mean(axis=0)])


def _sum(vectors: Vectors, terms: Sequence[Term], means: Vectors) -> NDArray[np.float32]:
    """Unit vector (dim,) of the first minus the second plus the third vector, each centered by the mean of its kind."""
    centered = unit_rows(vectors - np.stack([means[0 if term.is_word else 1] for term in terms]))
    total = centered[0] if len(centered) == 1 else centered[0] - centered[1] + centered[2]
    if np.linalg.norm(total) < _SAME:
        raise QueryError("The three terms cancel each other out: choose others.")
    return unit_rows(total[None])[0]


__getattr__ = renamed_names(__name__)
