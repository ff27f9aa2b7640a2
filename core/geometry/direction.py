"""Directions in the space: walks from one thing to another, analogies, and libraries sorted along an axis of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors, unit_rows
from core.errors import QueryError
from core.filters import Filters
from core.geometry.distance import embed_terms
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.neutral import neutral_vectors
from core.points import Points, points_of
from core.query import Term, embed_texts

_CANDIDATES = 400  # items that are looked at closely for an analogy
_SAME = 1e-4  # length of a difference below which two things are one


@dataclass(frozen=True, slots=True)
class Near:
    """An item near a place, and its cosine with it."""

    item: Item
    cosine: float


@dataclass(frozen=True, slots=True)
class Step:
    """A place on a walk. share: of the way, 0 at the start, 1 at the end. nearest: items, the nearest first."""

    share: float
    nearest: tuple[Near, ...]


@dataclass(frozen=True, eq=False)
class Axis:
    """The points of a library along one direction.

    low, high: the two phrases. values: (n,) cosine with the high phrase minus that with the low one, -2 to 2, for each
    of `points`; what lies at 0 is as near to one as to the other, which says little in itself: cosines of two phrases
    are not on one scale. standing: (n,) share of the points that lie lower, 0 to 1.
    """

    low: str
    high: str
    points: Points
    values: NDArray[np.float32]

    @property
    def standing(self) -> NDArray[np.float32]:
        order = np.argsort(np.argsort(self.values, kind="stable"), kind="stable")
        return (order / max(1, len(order) - 1)).astype(np.float32)

    @property
    def order(self) -> NDArray[np.int64]:
        """(n,) the numbers of the points from low to high."""
        return np.argsort(self.values, kind="stable")


def walk(
    library: Library, encoder: Encoder, start: Term, end: Term, *, steps: int = 7, nearest: int = 4
) -> tuple[Step, ...]:
    """The straight way from one thing to another on the sphere of unit vectors, and the items nearest to each step.

    Spherical interpolation (Shoemake 1985): with the angle w between a and b, the place at a share t of the way is
    sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b. steps: 2 to 50, both ends included. Items that are an end are left
    out. Raises QueryError, also where both ends are one place.
    """
    index = library.index(encoder)
    a, b = embed_terms(encoder, index, [start, end])
    if np.linalg.norm(a - b) < _SAME:
        raise QueryError("Start and end are the same place: choose two that differ.")
    shares = np.linspace(0.0, 1.0, max(2, min(int(steps), 50)))
    allowed = _without(index, [start, end])
    return tuple(Step(float(share), _nearest(index, _between(a, b, share), nearest, allowed)) for share in shares)


def shifted(
    library: Library,
    encoder: Encoder,
    origin: Term,
    low: Term,
    high: Term,
    *,
    amounts: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    nearest: int = 4,
) -> tuple[Step, ...]:
    """The direction from `low` to `high` ("day" to "night") added to a thing, more and more.

    A place is origin + amount (high - low), normalised; a step has the items nearest to it, and the amount as its
    share. Raises QueryError.
    """
    index = library.index(encoder)
    at, one, other = embed_terms(encoder, index, [origin, low, high])
    if np.linalg.norm(other - one) < _SAME:
        raise QueryError("The two ends of the direction are the same place: choose two that differ.")
    places = unit_rows(np.stack([at + np.float32(amount) * (other - one) for amount in amounts]))
    allowed = _without(index, [origin, low, high])
    return tuple(
        Step(float(amount), _nearest(index, place, nearest, allowed))
        for amount, place in zip(amounts, places, strict=True)
    )


def analogy(
    library: Library, encoder: Encoder, a: Term, b: Term, c: Term, *, nearest: int = 8, centred: bool = True
) -> tuple[Near, ...]:
    """What is to `c` as `a` is to `b`: the items nearest to a - b + c (3CosAdd, Mikolov et al. 2013), best first.

    centred: words are taken relative to the mean of words and pictures to that of pictures, so that a mixed analogy is
    about what is meant and not about what is a word. The three things themselves are left out. Raises QueryError.
    """
    index = library.index(encoder)
    terms = [a, b, c]
    vectors = embed_terms(encoder, index, terms)
    middle = index.background.mean(axis=0) if centred else np.zeros(encoder.dim, np.float32)
    word = neutral_vectors(encoder).mean(axis=0) if centred else middle
    vectors = unit_rows(vectors - np.stack([word if term.is_word else middle for term in terms]))
    wanted = vectors[0] - vectors[1] + vectors[2]
    if np.linalg.norm(wanted) < _SAME:
        raise QueryError("The three things cancel each other out: choose others.")
    wanted = unit_rows(wanted[None])[0]
    _, numbers = index.search(wanted, max(_CANDIDATES, 4 * nearest), allowed=_without(index, terms))
    if not len(numbers):
        return ()
    cosines = unit_rows(index.vectors(numbers) - middle) @ wanted
    return _as_items(index, numbers, cosines, nearest)


def axis_of(
    library: Library,
    encoder: Encoder,
    low: str,
    high: str,
    *,
    points: Points | None = None,
    filters: Filters | None = None,
    limit: int | None = None,
) -> Axis:
    """A library along an axis typed as two phrases ("calm" ... "busy"), each through the encoder's templates.

    points: to be put on it (for a second axis, those of the first), default `points_of` with filters and limit.
    Raises QueryError for an empty phrase or two equal ones, DataError and LibraryError.
    """
    low, high = low.strip(), high.strip()
    if not low or not high:
        raise QueryError("Type a phrase for either end of the axis.")
    ends = embed_texts(encoder, [low, high])
    if np.linalg.norm(ends[1] - ends[0]) < _SAME:
        raise QueryError("Both ends of the axis mean the same: type two phrases that differ.")
    points = points or points_of(library, encoder, filters=filters, limit=limit)
    return Axis(low, high, points, points.vectors @ (ends[1] - ends[0]))


def _between(a: NDArray[np.float32], b: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    angle = 2.0 * np.arcsin(min(1.0, float(np.linalg.norm(a - b)) / 2.0))
    if np.pi - angle < 1e-3:  # opposite places: every way is as short, the straight line has no direction in the middle
        return unit_rows(((1 - share) * a + share * b + 1e-6 * np.roll(a, 1))[None])[0]
    place = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
    return unit_rows(place[None])[0]


def _without(index: VectorIndex, terms: Sequence[Term]) -> NDArray[np.bool_]:
    allowed = np.ones(len(index.items), bool)
    for term in terms:
        if term.kind in ("item", "frame"):
            allowed[index.item_rows[index.numbers_of(str(term.value).partition("@")[0])]] = False
    return allowed


def _nearest(
    index: VectorIndex, place: NDArray[np.float32], count: int, allowed: NDArray[np.bool_]
) -> tuple[Near, ...]:
    cosines, numbers = index.search(place, max(_CANDIDATES, 4 * count), allowed=allowed)
    return _as_items(index, numbers, cosines, count)


def _as_items(index: VectorIndex, numbers: NDArray[np.int64], cosines: Vectors, count: int) -> tuple[Near, ...]:
    """The best of the vectors as items, one entry each."""
    order = np.argsort(-cosines, kind="stable")
    firsts = np.sort(np.unique(index.item_rows[numbers[order]], return_index=True)[1])[: max(1, count)]
    return tuple(Near(index.item(int(numbers[rank])), float(cosines[rank])) for rank in order[firsts])
