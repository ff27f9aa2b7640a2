"""The edges of an item: weights that are its coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.learn.source import Items
from core.learn.state import Embedding

Edge = tuple[str, float, NDArray[np.float32]]


def get_edges(
    items: Items, item: int, names: tuple[str, ...], values: NDArray[np.float32], own: Embedding, shared: Embedding
) -> list[Edge]:
    """The active input nodes of an item: name, value, and weights of its d edges.

    The sum of weights times values is the embedding of the item. names, values: see `Items.features`. own: (items, d)
    and shared: (f, d) weights of the edges.
    """
    features = [
        (name, float(value), shared[number].copy())
        for number, (name, value) in enumerate(zip(names, values[item], strict=True))
        if value
    ]
    return [(items.name(item), 1.0, own[item].copy()), *features]
