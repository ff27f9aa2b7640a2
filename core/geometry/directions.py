"""Directions in the space: walks from one thing to another, and steps aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, unit_rows
from core.errors import QueryError
from core.geometry.distance import embed_terms
from core.geometry.nearest import NearItem, exclude_items, find_nearest_items
from core.library.store import Library
from core.search.query import Term

_SAME = 1e-4  # length of a difference below which two things are one


@dataclass(frozen=True, slots=True)
class Step:
    """A place on a walk. share: of the way, 0 at the start, 1 at the end. nearest: items, the nearest first."""

    share: float
    nearest: tuple[NearItem, ...]


def walk_between(
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
    allowed = exclude_items(index, [start, end])
    places = [_interpolate(a, b, share) for share in shares]
    return tuple(
        Step(float(share), find_nearest_items(index, place, nearest, allowed=allowed))
        for share, place in zip(shares, places, strict=True)
    )


def shift_along(
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
    allowed = exclude_items(index, [origin, low, high])
    return tuple(
        Step(float(amount), find_nearest_items(index, place, nearest, allowed=allowed))
        for amount, place in zip(amounts, places, strict=True)
    )


def _interpolate(a: NDArray[np.float32], b: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    angle = 2.0 * np.arcsin(min(1.0, float(np.linalg.norm(a - b)) / 2.0))
    if np.pi - angle < 1e-3:  # opposite places: every way is as short, the straight line has no direction in the middle
        return unit_rows(((1 - share) * a + share * b + 1e-6 * np.roll(a, 1))[None])[0]
    place = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
    return unit_rows(place[None])[0]
