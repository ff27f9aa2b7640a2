"""Candidates of a feed: the items nearest to each taste and those that others liked, with their scores."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.library.index import VectorIndex
from core.recommend.tastes import Tastes

By = Literal["content", "behaviour", "both", "exploration", "popularity", "other"]

_CANDIDATES = 400  # items, divided among the tastes
_LEAST = 100  # items for each taste
_DEEPER = 4  # times as many vectors are searched if they hold too few items
_REPELLED = 0.5  # share of the cosine with dislikes that is subtracted


@dataclass(frozen=True, eq=False)
class Candidates:
    """m distinct candidates. rows: (m,) of `index.items`. numbers: (m,) the vector of each nearest to any taste, of a
    video one of its frames. vectors: (m, dim) these. scores: (m, tastes), comparable with each other. by: the source of
    the scores."""

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    vectors: Vectors
    scores: NDArray[np.float32]
    by: By


def get_rows(index: VectorIndex, ids: Collection[str]) -> NDArray[np.int64]:
    """(len(ids),) rows of `index.items`, -1 for unknown ids."""
    target, column = list(ids), index.items["id"]
    # a table of the few given ids, not of all
    found = np.flatnonzero(pc.is_in(column, value_set=pa.array(target, pa.string())).to_numpy())
    rows = dict(zip(column.take(found).to_pylist(), found.tolist(), strict=True))
    return np.array([rows.get(entry, -1) for entry in target], np.int64)


def gather_candidates(
    index: VectorIndex,
    tastes: Tastes,
    dislikes: Vectors,
    *,
    allowed: NDArray[np.bool_] | None,
    missing: NDArray[np.int64],
    behavior: Mapping[str, float] | None,
    mix: float,
    least: int,
) -> Candidates:
    """The candidates of a feed with at most `least` places. allowed: (items,) mask, None for all. missing: rows of
    items that are left out. Others: see `core.recommend.feed.recommend`."""
    left = np.ones(len(index.items), bool) if allowed is None else allowed.copy()
    left[missing] = False
    rest = _get_co_occurring(index, behavior) if behavior else None
    entry = max(_LEAST, least, _CANDIDATES // max(1, len(tastes)))
    # searching more and dropping these is faster than a mask of nearly all items
    more = int(np.isin(index.item_rows, missing).sum()) if allowed is None else 0
    numbers = [_nearest(index, taste, entry, more, allowed, left) for taste in tastes.vectors]
    if rest is not None:
        numbers.append(_first_numbers(index, rest, left, max(_LEAST, least)))
    found = np.concatenate([*numbers, np.empty(0, np.int64)]).astype(np.int64)
    rows, found, vectors, scores = _score_by_item(index, found, tastes, dislikes)
    if rest is None or not len(found):
        return Candidates(rows, found, vectors, scores, "content")
    liked = np.where(np.isnan(rest[rows]), np.nanmin(rest), rest[rows])[:, None].astype(np.float32)
    if not len(tastes):
        return Candidates(rows, found, vectors, liked, "popularity")
    blended = (1 - mix) * _compute_standing(scores) + mix * _compute_standing(liked)
    return Candidates(rows, found, vectors, blended, "behaviour" if mix == 1 else "content" if mix == 0 else "both")


def _nearest(
    index: VectorIndex,
    taste: NDArray[np.float32],
    count: int,
    more: int,
    allowed: NDArray[np.bool_] | None,
    left: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Numbers of the nearest vector of each of the `count` items nearest to a taste, or of all that are left.

    Many frames of one video may come first, so the search is repeated with more vectors until it has enough items.
    """
    k = count + more
    while True:
        numbers = index.search(taste, k, allowed=allowed)[1]
        searched = len(numbers)
        numbers = numbers[left[index.item_rows[numbers]]]
        firsts = np.sort(np.unique(index.item_rows[numbers], return_index=True)[1])
        if len(firsts) >= count or searched < k:
            return numbers[firsts]
        k *= _DEEPER


def _score_by_item(
    index: VectorIndex, found: NDArray[np.int64], tastes: Tastes, dislikes: Vectors
) -> tuple[NDArray[np.int64], NDArray[np.int64], Vectors, NDArray[np.float32]]:
    """(rows, numbers, vectors, scores) of `Candidates`: different frames of a video may match different tastes."""
    vectors = index.vectors(found)
    entry = vectors @ tastes.vectors.T if len(tastes) else np.zeros((len(found), 1), np.float32)
    if len(dislikes) and len(found):
        entry = entry - _REPELLED * np.clip((vectors @ dislikes.T).max(axis=1, keepdims=True), 0.0, None)
    rows, of = np.unique(index.item_rows[found], return_inverse=True)
    scores = np.full((len(rows), entry.shape[1]), -np.inf, np.float32)
    np.maximum.at(scores, of, entry)
    best_first = np.argsort(-entry.max(axis=1), kind="stable")
    best = best_first[np.unique(of[best_first], return_index=True)[1]]
    return rows, found[best], vectors[best], scores


def _get_co_occurring(index: VectorIndex, behavior: Mapping[str, float]) -> NDArray[np.float32] | None:
    """(items,) the scores by behavior, NaN for unknown items; None if all are unknown."""
    scores = np.fromiter(behavior.values(), np.float32, len(behavior))
    found = np.full(len(index.items), np.nan, np.float32)
    rows = get_rows(index, behavior)
    found[rows[rows >= 0]] = scores[rows >= 0]
    return found if (rows >= 0).any() else None


def _first_numbers(
    index: VectorIndex, rest: NDArray[np.float32], left: NDArray[np.bool_], count: int
) -> NDArray[np.int64]:
    """Numbers of the first vector of each of the `count` items with the highest scores."""
    rows, firsts = np.unique(index.item_rows, return_index=True)
    free = left[rows] & ~np.isnan(rest[rows])
    return firsts[free][np.argsort(-rest[rows[free]], kind="stable")[:count]]


def _compute_standing(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Columns (m, k) on one scale, -1 to 1: tanh of standard deviations above the mean."""
    spread = scores.std(axis=0, keepdims=True)
    return np.tanh((scores - scores.mean(axis=0, keepdims=True)) / np.maximum(spread, 1e-6) / 2).astype(np.float32)
