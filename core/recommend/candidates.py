"""Candidates of a feed: items nearest to each taste, and items that others liked, with scores."""

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
_LEAST = 100  # fewest items per taste
_DEEPER = 4  # factor of vectors searched again if they belong to too few items
_REPELLED = 0.5  # share of the cosine with dislikes that is subtracted


@dataclass(frozen=True, eq=False)
class Candidates:
    """m distinct candidates.

    rows: (m,) of `index.items`. numbers: (m,) each item's vector nearest to any taste, for a video one of its frames.
    vectors: (m, dim) these vectors. scores: (m, tastes), comparable with each other. by: source of the scores.
    """

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    vectors: Vectors
    scores: NDArray[np.float32]
    by: By


def get_rows(index: VectorIndex, ids: Collection[str]) -> NDArray[np.int64]:
    """Rows of items.

    Parameters
    ----------
    index : VectorIndex
    ids : collection of str

    Returns
    -------
    array of int64, shape (len(ids),)
        Rows of `index.items`; -1 for unknown ids.
    """
    target, column = list(ids), index.items["id"]
    # a dictionary of the few given ids, not of all
    known = np.flatnonzero(pc.is_in(column, value_set=pa.array(target, pa.string())).to_numpy())
    rows = dict(zip(column.take(known).to_pylist(), known.tolist(), strict=True))
    return np.array([rows.get(item_id, -1) for item_id in target], np.int64)


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
    """The candidates of a feed with at most `least` places.

    allowed: (items,) mask, None for all. missing: rows of items to leave out. Others: see
    `core.recommend.feed.recommend`.
    """
    available = np.ones(len(index.items), bool) if allowed is None else allowed.copy()
    available[missing] = False
    by_behavior = _get_behavior_scores(index, behavior) if behavior else None
    count = max(_LEAST, least, _CANDIDATES // max(1, len(tastes)))
    # searching more vectors and dropping these is faster than a mask of nearly all items
    more = int(np.isin(index.item_rows, missing).sum()) if allowed is None else 0
    parts = [_nearest(index, taste, count, more, allowed, available) for taste in tastes.vectors]
    if by_behavior is not None:
        parts.append(_first_numbers(index, by_behavior, available, max(_LEAST, least)))
    numbers = np.concatenate([*parts, np.empty(0, np.int64)]).astype(np.int64)
    rows, numbers, vectors, scores = _score_by_item(index, numbers, tastes, dislikes)
    if by_behavior is None or not len(numbers):
        return Candidates(rows, numbers, vectors, scores, "content")
    known = by_behavior[rows]
    liked = np.where(np.isnan(known), np.nanmin(by_behavior), known)[:, None].astype(np.float32)
    if not len(tastes):
        return Candidates(rows, numbers, vectors, liked, "popularity")
    blended = (1 - mix) * _standardize(scores) + mix * _standardize(liked)
    return Candidates(rows, numbers, vectors, blended, "behaviour" if mix == 1 else "content" if mix == 0 else "both")


def _nearest(
    index: VectorIndex,
    taste: NDArray[np.float32],
    count: int,
    more: int,
    allowed: NDArray[np.bool_] | None,
    available: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Numbers of the nearest vector of each of the `count` available items nearest to a taste.

    As many frames of one video may come first, the search is repeated with more vectors until it has enough items.
    """
    k = count + more
    while True:
        numbers = index.search(taste, k, allowed=allowed)[1]
        searched = len(numbers)
        numbers = numbers[available[index.item_rows[numbers]]]
        firsts = np.sort(np.unique(index.item_rows[numbers], return_index=True)[1])
        if len(firsts) >= count or searched < k:
            return numbers[firsts]
        k *= _DEEPER


def _score_by_item(
    index: VectorIndex, numbers: NDArray[np.int64], tastes: Tastes, dislikes: Vectors
) -> tuple[NDArray[np.int64], NDArray[np.int64], Vectors, NDArray[np.float32]]:
    """Rows, numbers, vectors and scores of `Candidates`; different frames of a video may match different tastes."""
    vectors = index.vectors(numbers)
    cosines = vectors @ tastes.vectors.T if len(tastes) else np.zeros((len(numbers), 1), np.float32)
    if len(dislikes) and len(numbers):
        cosines = cosines - _REPELLED * np.clip((vectors @ dislikes.T).max(axis=1, keepdims=True), 0.0, None)
    rows, row_of = np.unique(index.item_rows[numbers], return_inverse=True)
    scores = np.full((len(rows), cosines.shape[1]), -np.inf, np.float32)
    np.maximum.at(scores, row_of, cosines)
    best_first = np.argsort(-cosines.max(axis=1), kind="stable")
    best = best_first[np.unique(row_of[best_first], return_index=True)[1]]
    return rows, numbers[best], vectors[best], scores


def _get_behavior_scores(index: VectorIndex, behavior: Mapping[str, float]) -> NDArray[np.float32] | None:
    """Scores by behavior (items,), NaN for unknown items; None if all are unknown."""
    values = np.fromiter(behavior.values(), np.float32, len(behavior))
    scores = np.full(len(index.items), np.nan, np.float32)
    rows = get_rows(index, behavior)
    scores[rows[rows >= 0]] = values[rows >= 0]
    return scores if (rows >= 0).any() else None


def _first_numbers(
    index: VectorIndex, scores: NDArray[np.float32], available: NDArray[np.bool_], count: int
) -> NDArray[np.int64]:
    """Numbers of the first vector of each of the `count` available items with the highest scores."""
    rows, firsts = np.unique(index.item_rows, return_index=True)
    usable = available[rows] & ~np.isnan(scores[rows])
    return firsts[usable][np.argsort(-scores[rows[usable]], kind="stable")[:count]]


def _standardize(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Columns (m, k) on one scale, -1 to 1: tanh of half the standard deviations above the mean."""
    spread = scores.std(axis=0, keepdims=True)
    return np.tanh((scores - scores.mean(axis=0, keepdims=True)) / np.maximum(spread, 1e-6) / 2).astype(np.float32)
