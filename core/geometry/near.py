"""The items near a place of the space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.library.index import VectorIndex
from core.library.schema import Item
from core.query import Term

CANDIDATES = 400  # vectors that are looked at closely: of a video many may be near


@dataclass(frozen=True, slots=True)
class Near:
    """An item near a place, and its cosine with it."""

    item: Item
    cosine: float


def without(index: VectorIndex, terms: Sequence[Term]) -> NDArray[np.bool_]:
    """(items,) all but those that are terms themselves."""
    allowed = np.ones(len(index.items), bool)
    for term in terms:
        if term.kind in ("item", "frame"):
            allowed[index.item_rows[index.numbers_of(str(term.value).partition("@")[0])]] = False
    return allowed


def nearest_items(
    index: VectorIndex, place: NDArray[np.float32], count: int, allowed: NDArray[np.bool_]
) -> tuple[Near, ...]:
    """Up to `count` items nearest to a unit vector (dim,), best first. allowed: (items,) which may come."""
    cosines, numbers = index.search(place, max(CANDIDATES, 4 * count), allowed=allowed)
    return as_items(index, numbers, cosines, count)


def as_items(index: VectorIndex, numbers: NDArray[np.int64], cosines: Vectors, count: int) -> tuple[Near, ...]:
    """The best of the vectors as items, one entry each."""
    order = np.argsort(-cosines, kind="stable")
    firsts = np.sort(np.unique(index.item_rows[numbers[order]], return_index=True)[1])[: max(1, count)]
    return tuple(Near(index.item(int(numbers[rank])), float(cosines[rank])) for rank in order[firsts])
