"""The items nearest to a vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.library.index import VectorIndex
from core.library.schema import Item
from core.search.query import Term

_CANDIDATES = 400  # vectors in the first search


@dataclass(frozen=True, slots=True)
class NearItem:
    """An item and its cosine with a vector. time_s: the nearest time in a video, in seconds."""

    item: Item
    cosine: float
    time_s: float | None = None


def exclude_items(index: VectorIndex, terms: Sequence[Term]) -> NDArray[np.bool_]:
    """(items,) mask of all items but the terms themselves."""
    allowed = np.ones(len(index.items), bool)
    for term in terms:
        if term.kind in ("item", "frame"):
            allowed[index.item_rows[index.item_numbers(str(term.value).partition("@")[0])]] = False
    return allowed


def find_nearest_items(
    index: VectorIndex, place: NDArray[np.float32], count: int, *, allowed: NDArray[np.bool_] | None = None
) -> tuple[NearItem, ...]:
    """Up to `count` items nearest to a unit vector (dim,), best first, each once. allowed: (items,) which may come,
    default all."""
    cosines, numbers = find_candidates(index, place, count, allowed=allowed)
    return to_near_items(index, numbers, cosines, count)


def find_candidates(
    index: VectorIndex, place: NDArray[np.float32], count: int, *, allowed: NDArray[np.bool_] | None = None
) -> tuple[Vectors, NDArray[np.int64]]:
    """The vectors nearest to a unit vector (dim,): cosines (m,), best first, and numbers (m,); those of at least
    `count` items where there are so many, however many vectors a video has."""
    target = max(_CANDIDATES, 4 * count)
    while True:
        cosines, numbers = index.search(place, target, allowed=allowed)
        if len(numbers) < target or len(np.unique(index.item_rows[numbers])) >= count:
            return cosines, numbers
        target *= 4


def to_near_items(index: VectorIndex, numbers: NDArray[np.int64], cosines: Vectors, count: int) -> tuple[NearItem, ...]:
    """The best of the vectors as items, one entry each."""
    order = np.argsort(-cosines, kind="stable")
    firsts = np.sort(np.unique(index.item_rows[numbers[order]], return_index=True)[1])[:count]
    return tuple(_make_near_item(index, int(numbers[rank]), float(cosines[rank])) for rank in order[firsts])


def _make_near_item(index: VectorIndex, number: int, cosine: float) -> NearItem:
    segment = index.segment(number)
    return NearItem(index.item(number), cosine, None if segment is None else segment.start)
