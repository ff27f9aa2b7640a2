"""Feeds: recommendations for a visitor by likes, dislikes, and items already seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deprecated import renamed_keywords
from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.library.track import get_item_vectors
from core.recommend.candidates import By, Candidates, gather_candidates, get_rows
from core.recommend.tastes import Tastes, compute_tastes
from core.utils.blas_threads import limit_to_one_thread

_REASONS = 2


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommended item and the reason.

    Parameters
    ----------
    score : float
        Comparable within one feed only.
    by : str
        Source of the score. "other": no nearer to its taste than unrelated items are to each other, because nothing
        nearer is left, or diversity requires it.
    because : tuple of str
        Ids of the nearest likes, nearest first; empty for exploration, popularity and other.
    taste : int or None
        None for exploration and popularity.
    time_s : float or None
        Time in a video that is nearest to a taste.
    """

    item: Item
    score: float
    by: By
    because: tuple[str, ...] = ()
    taste: int | None = None
    time_s: float | None = None


@dataclass(frozen=True, eq=False)
class Feed:
    """Recommendations for a visitor.

    Attributes
    ----------
    recommendations : tuple of Recommendation
        In the order of the feed.
    tastes : Tastes
    liked : tuple of str
        Ids of the likes behind the tastes.
    """

    recommendations: tuple[Recommendation, ...]
    tastes: Tastes
    liked: tuple[str, ...]


@limit_to_one_thread()
@renamed_keywords(behaviour="behavior")
def recommend(
    library: Library,
    encoder: Encoder,
    liked: Sequence[str],
    disliked: Sequence[str] = (),
    *,
    seen: Collection[str] = (),
    k: int = 20,
    diversity: float = 0.3,
    exploration: float = 0.1,
    behavior: Mapping[str, float] | None = None,
    mix: float = 0.5,
    filters: Filters | None = None,
    seed: int = 0,
) -> Feed:
    """Recommends items.

    Each place of the feed goes to the taste that is furthest behind its share of the likes (calibration [1]_), and
    within it to an item that is near to the taste and different from those already chosen (maximal marginal
    relevance [2]_). Without likes the feed has the items with the best `behavior`, or random ones.

    Parameters
    ----------
    liked, disliked, seen : collections of str
        Ids of items, which are not recommended; unknown ids are ignored.
    k : int
        Places of the feed.
    diversity : float
        From 0 (only nearness to the taste) to 1 (only difference from each other).
    exploration : float
        Share of places with random items, 0 to 1.
    behavior : mapping of str to float, optional
        Scores of items by id, of any scale (`core.recommend.model`).
    mix : float
        Weight of `behavior` against content, 0 to 1.
    filters : Filters, optional
    seed : int
        Of random items.

    Returns
    -------
    Feed

    Raises
    ------
    DataError
        A share is not in 0 to 1.
    LibraryError
        The library cannot be read.

    References
    ----------
    .. [1] Steck 2018, "Calibrated recommendations"
    .. [2] Carbonell and Goldstein 1998, "The use of MMR, diversity-based reranking"
    """
    for name, value in (("diversity", diversity), ("exploration", exploration), ("mix", mix)):
        if not 0.0 <= value <= 1.0:
            raise DataError(f"{name} must be between 0 and 1, not {value:g}.")
    index = library.index(encoder)
    liked, disliked = _filter_known(index, liked), _filter_known(index, disliked)
    allowed = (filters or Filters()).mask(index.items, library)
    missing = get_rows(index, {*liked, *disliked, *seen})
    missing = missing[missing >= 0]
    likes, dislikes = _get_vectors(index, liked), _get_vectors(index, disliked)
    tastes = compute_tastes(likes, dislikes, baseline_cosine=index.baseline_cosine)
    pool = gather_candidates(
        index, tastes, dislikes, allowed=allowed, missing=missing, behavior=behavior, mix=mix, least=max(0, int(k))
    )
    rng = np.random.default_rng(seed)
    explore = _explore(index, allowed, missing, k, rng)
    chosen = _fill_feed(pool, tastes, explore, max(0, int(k)), diversity, exploration if len(pool.rows) else 1.0, rng)
    return Feed(
        tuple(_make_recommendation(index, pool, place, row, likes, liked, tastes) for place, row in chosen),
        tastes,
        tuple(liked),
    )


def _fill_feed(
    pool: Candidates,
    tastes: Tastes,
    explore: list[int],
    k: int,
    diversity: float,
    exploration: float,
    rng: np.random.Generator,
) -> list[tuple[int | None, int]]:
    """For each place of the feed a taste and the number of a candidate, or None and ~row of a random item."""
    weights = tastes.weights if len(tastes) else np.ones(1, np.float32)
    served = np.zeros(len(weights))
    closest = np.zeros(len(pool.rows), np.float32)  # highest cosine with an item of the feed
    free = np.ones(len(pool.rows), bool)
    chosen: list[tuple[int | None, int]] = []
    is_random = rng.random(k) < exploration
    in_feed: set[int] = set()
    for place in range(k):
        if is_random[place] or not free.any():
            row = next((row for row in explore if row not in in_feed), None)
            if row is not None:
                chosen.append((None, ~row))
                in_feed.add(row)
                free &= pool.rows != row
                continue
            if not free.any():
                break
        taste = int(np.argmax(weights * (len(chosen) + 1) - served))
        gain = (1 - diversity) * pool.scores[:, taste] - diversity * closest
        best = int(np.argmax(np.where(free, gain, -np.inf)))
        chosen.append((taste, best))
        served[taste] += 1
        free[best] = False
        in_feed.add(int(pool.rows[best]))
        closest = np.maximum(closest, pool.vectors @ pool.vectors[best])
    return chosen


def _make_recommendation(
    index: VectorIndex,
    pool: Candidates,
    taste: int | None,
    place: int,
    likes: Vectors,
    liked: Sequence[str],
    tastes: Tastes,
) -> Recommendation:
    if taste is None:
        row = index.items.slice(~place, 1).to_pylist()[0]
        return Recommendation(Item.from_row(row), 0.0, "exploration")
    item = Item.from_row(index.items.slice(int(pool.rows[place]), 1).to_pylist()[0])
    score = float(pool.scores[place, taste])
    if not len(tastes):
        return Recommendation(item, score, pool.by)
    segment = index.segment(int(pool.numbers[place]))
    time_s = None if segment is None else segment.start
    if pool.by == "content" and score <= index.baseline_cosine:
        return Recommendation(item, score, "other", (), taste, time_s)
    own = np.flatnonzero(tastes.liked_tastes == taste)
    nearest = own[np.argsort(-(likes[own] @ pool.vectors[place]), kind="stable")][:_REASONS]
    return Recommendation(item, score, pool.by, tuple(liked[number] for number in nearest), taste, time_s)


def _get_vectors(index: VectorIndex, ids: Sequence[str]) -> Vectors:
    return get_item_vectors(index, ids)[1] if ids else np.empty((0, index.dim), np.float32)


def _filter_known(index: VectorIndex, ids: Sequence[str]) -> list[str]:
    """The distinct ids that the library has."""
    distinct = list(dict.fromkeys(ids))
    return [item_id for item_id, row in zip(distinct, get_rows(index, distinct), strict=True) if row >= 0]


def _explore(
    index: VectorIndex,
    allowed: NDArray[np.bool_] | None,
    missing: NDArray[np.int64],
    k: int,
    rng: np.random.Generator,
) -> list[int]:
    """Random rows of items, up to twice as many as places."""
    rows = np.setdiff1d(index.rows_with_vectors, missing)
    rows = rows if allowed is None else rows[allowed[rows]]
    return [int(row) for row in rng.permutation(rows)[: 2 * k]]
