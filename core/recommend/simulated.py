"""A log of visitors that are made up, for libraries whose people left none."""

from __future__ import annotations

import numpy as np

from core.explore.clustering import find_clusters
from core.library.index import VectorIndex
from core.library.track import get_item_vectors
from core.recommend.interactions import InteractionLog

_MOST_ITEMS = 2_000  # of a larger library, a random part is what anybody saw
_TOPIC_SIZE = 12  # items; of small libraries at least three topics
_CROWDS = 6
_SPREAD = 0.3  # of the logarithm of popularity
_FANCIED = 0.1  # of the items, by each crowd
_TOPIC, _FANCY, _ANY = 1.0, 0.8, 0.03  # how readily an item is chosen for its topic, for its crowd, and for neither


def simulate_log(index: VectorIndex, *, users: int = 300, choices: int = 12, seed: int = 0) -> InteractionLog:
    """Simulates visitors of a library. Deterministic given the seed.

    Each visitor likes two topics, groups of items that are near each other, and belongs to a crowd that shares a fancy
    for some items whatever these show: that part only behavior can tell. Some items are more popular than others.

    Parameters
    ----------
    index : VectorIndex
    users : int
    choices : int
        Items of each visitor, none twice; at most half of the items.
    seed : int

    Returns
    -------
    InteractionLog
        Its items have their ids for names.
    """
    rng = np.random.default_rng(seed)
    rows = index.rows_with_vectors
    seen = rows if len(rows) <= _MOST_ITEMS else np.sort(rng.choice(rows, _MOST_ITEMS, replace=False))
    ids, vectors = get_item_vectors(index, index.items["id"].take(seen).to_pylist())
    count = len(ids)
    groups = min(count, max(3, count // _TOPIC_SIZE))
    topics = find_clusters(vectors, k=groups, seed=seed).labels if count > 1 else np.zeros(count, np.int64)
    popularity = rng.lognormal(0.0, _SPREAD, count)
    fancies = rng.random((_CROWDS, count)) < _FANCIED
    taken = min(choices, (count + 1) // 2)
    items = np.empty((users, taken), np.int64)
    for user in range(users if count else 0):
        liked = np.isin(topics, rng.choice(topics, 2))
        chances = popularity * (_ANY + _TOPIC * liked + _FANCY * fancies[rng.integers(_CROWDS)])
        items[user] = rng.choice(count, taken, replace=False, p=chances / chances.sum())
    times = rng.random(items.shape)
    order = np.argsort(times, axis=None)
    return InteractionLog(
        np.repeat(np.arange(users), taken)[order],
        items.ravel()[order],
        times.ravel()[order],
        np.ones(items.size, np.float32),
        tuple(f"visitor {number + 1}" for number in range(users)),
        tuple(ids),
    )
