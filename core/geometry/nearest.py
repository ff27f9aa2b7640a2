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
    """An item and its cosine with a vector.

    Attributes
    ----------
    item : Item
    cosine : float
        -1 to 1.
    time_s : float or None
        Second of the nearest frame of a video.
    """

    item: Item
    cosine: float
    time_s: float | None = None


def exclude_items(index: VectorIndex, terms: Sequence[Term]) -> NDArray[np.bool_]:
    """Mask (items,) of all items except those of the terms."""
    allowed = np.ones(len(index.items), bool)
    for term in terms:
        if term.item_id is not None:
            allowed[index.item_rows[index.item_numbers(term.item_id)]] = False
    return allowed


def find_nearest_items(
    index: VectorIndex, place: NDArray[np.float32], count: int, *, allowed: NDArray[np.bool_] | None = None
) -> tuple[NearItem, ...]:
    """Items nearest to a vector, each once.

    Parameters
    ----------
    index : VectorIndex
    place : array of float32, shape (dim,)
        Unit vector.
    count : int
        Most items.
    allowed : array of bool, shape (items,), optional
        Items to consider. Default: all.

    Returns
    -------
    tuple of NearItem
        Best first.
    """
    cosines, numbers = find_candidates(index, place, count, allowed=allowed)
    return to_near_items(index, numbers, cosines, count)


def find_candidates(
    index: VectorIndex, place: NDArray[np.float32], count: int, *, allowed: NDArray[np.bool_] | None = None
) -> tuple[Vectors, NDArray[np.int64]]:
    """Cosines (m,) and numbers (m,) of the vectors nearest to a unit vector (dim,), best first.

    They belong to at least `count` items, if there are as many, however many vectors a video has.
    """
    target = max(_CANDIDATES, 4 * count)
    while True:
        cosines, numbers = index.search(place, target, allowed=allowed)
        if len(numbers) < target or len(np.unique(index.item_rows[numbers])) >= count:
            return cosines, numbers
        target *= 4


def to_near_items(index: VectorIndex, numbers: NDArray[np.int64], cosines: Vectors, count: int) -> tuple[NearItem, ...]:
    """The best vectors as items, each item once."""
    order = np.argsort(-cosines, kind="stable")
    firsts = np.sort(np.unique(index.item_rows[numbers[order]], return_index=True)[1])[:count]
    return tuple(_make_near_item(index, int(numbers[rank]), float(cosines[rank])) for rank in order[firsts])


def _make_near_item(index: VectorIndex, number: int, cosine: float) -> NearItem:
    segment = index.segment(number)
    return NearItem(index.item(number), cosine, None if segment is None else segment.start)
