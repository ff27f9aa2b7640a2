"""Analogies: a - b + c over words, pictures, or both, and which of them work on a library."""

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

_SAME = 1e-4  # length of a sum below which nothing is left


@dataclass(frozen=True, slots=True)
class Analogy:
    """What lies nearest to a - b + c: items, and (neutral prompt, cosine), the nearest first.

    alone: how many of the items are among as many that lie nearest to `c` by itself.
    """

    items: tuple[NearItem, ...]
    words: tuple[tuple[str, float], ...]
    alone: int


@dataclass(frozen=True, slots=True)
class AnalogyTrial:
    """An analogy of words whose answer is known: "man" - "woman" + "girl" should be "boy".

    before, after: the mean place, 0 (first) to 1 (last), of the vectors which a search for `wanted` puts first, asked
    with `a` or `c` alone, whichever is nearer, and with the analogy; in a sample of the library, see
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
        """Whether the three together lead nearer to what is wanted than either of the two."""
        return self.after < self.before


def solve_analogy(
    library: Library, encoder: Encoder, a: Term, b: Term, c: Term, *, nearest: int = 8, centered: bool = True
) -> Analogy:
    """What is to `c` as `a` is to `b`: what lies nearest to a - b + c (3CosAdd, Mikolov et al. 2013), best first.

    centred: words are taken relative to the mean of words and pictures to that of pictures, so that a mixed analogy is
    about what is meant and not about what is a word. The three things themselves are left out. Raises QueryError.
    """
    index = library.index(encoder)
    terms = [a, b, c]
    words = embed_reference_prompts(encoder)
    middles = _compute_means(encoder, index, centered)
    vectors, allowed = embed_terms(encoder, index, terms), exclude_items(index, terms)
    target = _sum(vectors, terms, middles)
    items, rest = (
        _find_nearest_moved(index, place, middles[1], nearest, allowed)
        for place in (target, _sum(vectors[2:], terms[2:], middles))
    )
    own = {str(term.value).lower() for term in terms if term.is_word}
    predictions = unit_rows(words - middles[0]) @ target
    order = [
        row for row in np.argsort(-predictions)[: nearest + len(own)] if get_reference_prompts()[row].lower() not in own
    ]
    named = tuple((get_reference_prompts()[row], float(predictions[row])) for row in order[:nearest])
    return Analogy(items, named, len({entry.item.id for entry in items} & {entry.item.id for entry in rest}))


@task_keywords
def try_analogies(
    library: Library,
    encoder: Encoder,
    examples: Sequence[tuple[str, str, str, str]],
    *,
    top_k: int = 10,
    task: Task = SILENT,
) -> list[AnalogyTrial]:
    """Which analogies of words (a, b, c, wanted) work on this library, those that gain most first.

    top_k: vectors that a search for what is wanted puts first. Raises QueryError where the library does not hold twice
    as many, and Cancelled.
    """
    index = library.index(encoder)
    middles = _compute_means(encoder, index, True)
    pictures = unit_rows(index.background - middles[1])
    if len(pictures) < 2 * top_k:
        raise QueryError(f"It takes at least {2 * top_k} pictures to tell whether an analogy leads anywhere.")
    found: list[AnalogyTrial] = []
    for example in task.track(examples, "try", "analogies", stopped="Stopped before all analogies were tried."):
        terms = [Term("text", text) for text in example]
        vectors = embed_terms(encoder, index, terms)
        target = np.argsort(-(index.background @ vectors[3]))[:top_k]
        alone = [_sum(vectors[row : row + 1], terms[row : row + 1], middles) for row in (0, 2)]
        before = min(_mean_rank(pictures @ request, target) for request in alone)
        after = _mean_rank(pictures @ _sum(vectors[:3], terms[:3], middles), target)
        found.append(AnalogyTrial(*example, before, after))
    return sorted(found, key=lambda entry: entry.after - entry.before)


def _find_nearest_moved(
    index: VectorIndex,
    place: NDArray[np.float32],
    middle: NDArray[np.float32],
    count: int,
    allowed: NDArray[np.bool_],
) -> tuple[NearItem, ...]:
    """As `find_nearest_items`, of vectors relative to their middle, among those that are near as they are."""
    _, numbers = find_candidates(index, place, count, allowed=allowed)
    if not len(numbers):
        return ()
    return to_near_items(index, numbers, unit_rows(index.vectors(numbers) - middle) @ place, count)


def _mean_rank(scores: NDArray[np.float32], target: NDArray[np.int64]) -> float:
    places = np.argsort(np.argsort(-scores, kind="stable"), kind="stable")
    return float(places[target].mean() / max(1, len(scores) - 1))


def _compute_means(encoder: Encoder, index: VectorIndex, centered: bool) -> Vectors:
    """(2, dim) the mean of words and that of pictures; zeros where nothing is to be centred."""
    if not centered or not len(index):
        return np.zeros((2, encoder.dim), np.float32)
    return np.stack([embed_reference_prompts(encoder).mean(axis=0), index.background.mean(axis=0)])


def _sum(vectors: Vectors, terms: Sequence[Term], middles: Vectors) -> NDArray[np.float32]:
    """(dim,) unit vector of the first, minus the second, plus the third, each relative to the mean of its kind."""
    moved = unit_rows(vectors - np.stack([middles[0 if term.is_word else 1] for term in terms]))
    total = moved[0] if len(moved) == 1 else moved[0] - moved[1] + moved[2]
    if np.linalg.norm(total) < _SAME:
        raise QueryError("The three things cancel each other out: choose others.")
    return unit_rows(total[None])[0]


__getattr__ = renamed_names(__name__)
