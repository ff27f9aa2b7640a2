"""Directions in the space: paths between two terms, and shifts along a direction."""

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

_SAME = 1e-4  # distance below which two vectors count as equal
_TAKEN = -2.0  # less than any cosine


@dataclass(frozen=True, slots=True)
class Step:
    """A point on a path, and the items nearest to it, best first.

    Attributes
    ----------
    share : float
        Share of the path, from 0 at the start to 1 at the end.
    nearest : tuple of NearItem
    """

    share: float
    nearest: tuple[NearItem, ...]


def walk_between(
    library: Library, encoder: Encoder, start: Term, end: Term, *, steps: int = 7, nearest: int = 4
) -> tuple[Step, ...]:
    """The shortest path between two terms on the unit sphere, and the items nearest to each step, each item once.

    Without that, the same few pictures would be nearest to every point between two texts, which are far from all
    pictures. Each step gets a first item, the ends before those between and the nearest pair of step and item
    first; then a second, and so on.

    Spherical interpolation [1]_: with the angle w between a and b, the point at the share t is
    sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    start, end : Term
        Their own items are left out of the results.
    steps : int
        2 to 50, both ends included.
    nearest : int
        Items per step; fewer if the library has not as many for all steps.

    Returns
    -------
    tuple of Step

    Raises
    ------
    QueryError
        A term has no vector, or both have the same.

    References
    ----------
    .. [1] Shoemake 1985, "Animating rotation with quaternion curves"
    """
    index = library.index(encoder)
    a, b = embed_terms(encoder, index, [start, end])
    if np.linalg.norm(a - b) < _SAME:
        raise QueryError("Start and end are the same: choose two that differ.")
    shares = np.linspace(0.0, 1.0, max(2, min(int(steps), 50)))
    allowed = exclude_items(index, [start, end])
    candidates = [
        find_nearest_items(index, _interpolate(a, b, share), nearest * len(shares), allowed=allowed) for share in shares
    ]
    chosen = _share_out(candidates, nearest)
    return tuple(Step(float(share), items) for share, items in zip(shares, chosen, strict=True))


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
    """Adds the direction from `low` to `high` ("day" to "night") to a term in increasing amounts.

    Each step is at origin + amount (high - low), normalized, and has the amount as its share.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    origin, low, high : Term
        Their own items are left out of the results.
    amounts : sequence of float
    nearest : int
        Items per step.

    Returns
    -------
    tuple of Step

    Raises
    ------
    QueryError
        A term has no vector, or `low` and `high` have the same.
    """
    index = library.index(encoder)
    start, low_end, high_end = embed_terms(encoder, index, [origin, low, high])
    direction = high_end - low_end
    if np.linalg.norm(direction) < _SAME:
        raise QueryError("The two ends of the direction are the same: choose two that differ.")
    vectors = unit_rows(np.stack([start + np.float32(amount) * direction for amount in amounts]))
    allowed = exclude_items(index, [origin, low, high])
    return tuple(
        Step(float(amount), find_nearest_items(index, vector, nearest, allowed=allowed))
        for amount, vector in zip(amounts, vectors, strict=True)
    )


def _share_out(candidates: Sequence[Sequence[NearItem]], count: int) -> list[tuple[NearItem, ...]]:
    """Up to `count` of the candidates for each step, best first, no item twice."""
    ids = list(dict.fromkeys(near.item.id for entry in candidates for near in entry))
    near_by_id = [{near.item.id: near for near in entry} for entry in candidates]
    cosines = np.array([[near[id].cosine if id in near else _TAKEN for id in ids] for near in near_by_id])
    chosen: list[list[NearItem]] = [[] for _ in candidates]
    ends, between = [0, len(candidates) - 1], range(1, len(candidates) - 1)
    for steps in (ends, between) * (count if ids else 0):
        open_steps = list(steps)
        while open_steps:
            row, column = divmod(int(cosines[open_steps].argmax()), len(ids))
            step = open_steps.pop(row)
            if cosines[step, column] > _TAKEN:
                chosen[step].append(near_by_id[step][ids[column]])
            cosines[:, column] = _TAKEN
    return [tuple(entry) for entry in chosen]


def _interpolate(a: NDArray[np.float32], b: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    angle = 2.0 * np.arcsin(min(1.0, float(np.linalg.norm(a - b)) / 2.0))
    if np.pi - angle < 1e-3:  # opposite vectors: all paths are equally short, and the middle of the line is near 0
        return unit_rows(((1 - share) * a + share * b + 1e-6 * np.roll(a, 1))[None])[0]
    vector = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
    return unit_rows(vector[None])[0]
