"""Search in videos: weighted terms to ranked videos, each with its moments and the curve of its scores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.align import Alignment
from core.encoders.base import Encoder
from core.errors import QueryError
from core.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.moments import Background, Curve, Judge, Moment, curve_of, find_moments
from core.query import Term, embed_query
from core.relevance import Relevance
from core.track import track_of

Pooling = Literal["max", "top", "mean"]
POOLINGS: tuple[Pooling, ...] = ("max", "top", "mean")
MAX_VIDEOS = 1_000
_TOP_S = 5.0  # "top" is the mean over a video's best seconds, this many of them


@dataclass(frozen=True, slots=True)
class VideoHit:
    """One video that answers a query.

    score: cosine by the pooling, comparable within one query and pooling only. relevance, likely: of the best moment.
    moments: best first, at least one. alignment: how a video that was asked with runs alongside this one, else None.
    """

    item: Item
    score: float
    relevance: float
    likely: bool
    moments: tuple[Moment, ...]
    curve: Curve
    alignment: Alignment | None = None


@dataclass(frozen=True, slots=True)
class VideoResult:
    """Hits, best first. cutoff: how many of them are likely, all of which come first; 0 means "nothing here matches".

    considered: videos left after the filters. seconds: from the query's terms to here.
    """

    hits: tuple[VideoHit, ...]
    cutoff: int
    considered: int
    seconds: float
    pooling: Pooling


def search_videos(
    library: Library,
    encoder: Encoder,
    terms: Sequence[Term],
    *,
    top_k: int = 20,
    pooling: Pooling = "max",
    filters: Filters | None = None,
    templates: Sequence[str] | None = None,
    max_moments: int = 8,
) -> VideoResult:
    """Ranks a library's videos against a query, exactly, and finds the moments that answer it.

    pooling: how the scores of its frames become a video's: the best one, the mean over the best 5 seconds, or the
    mean over all its time. top_k: clamped to 1..1,000 and to what there is. max_moments: of each video, at least 1.
    A video of the query is not among its own answers. Raises QueryError (see `embed_query`) and LibraryError.
    """
    started = time.perf_counter()
    if pooling not in POOLINGS:
        raise QueryError(f"Videos are ranked by {', '.join(POOLINGS)}, not by {pooling!r}.")
    index = library.index(encoder)
    query = embed_query(encoder, terms, index=index, templates=templates)
    rows = _Rows.of(index, query, _allowed(index, filters or Filters(), terms))
    if len(rows.items) == 0:
        return VideoResult((), 0, 0, time.perf_counter() - started, pooling)
    reading = Relevance.of(encoder, index.background, query, terms, items=len(rows.scores))
    pooled = rows.pooled(pooling)
    background = _background(index, query, reading)
    shown = np.argsort(-pooled, kind="stable")[: max(1, min(int(top_k), MAX_VIDEOS))]
    hits = [
        _hit(index, int(rows.items[video]), query, float(pooled[video]), background, reading.of_hits, max_moments)
        for video in shown
    ]
    hits.sort(key=lambda hit: not hit.likely)
    cutoff = sum(hit.likely for hit in hits)
    return VideoResult(tuple(hits), cutoff, len(rows.items), time.perf_counter() - started, pooling)


def _background(index: VectorIndex, query: NDArray[np.float32], reading: Relevance) -> Background:
    usual = float(np.median(index.background @ query))
    chance = reading.mean + 2 * reading.std  # a library that is all about the query does not make it chance
    return Background(min(usual, chance), reading.std, float((index.background.mean(axis=0) ** 2).sum()))


def _hit(
    index: VectorIndex,
    row: int,
    query: NDArray[np.float32],
    score: float,
    background: Background,
    judge: Judge,
    max_moments: int,
) -> VideoHit:
    item = Item.from_row(index.items.slice(row, 1).to_pylist()[0])
    track = track_of(index, item.id)
    curve = curve_of(track, track.vectors @ query, background)
    moments = find_moments(curve, track.vectors, background, judge, max_moments=max_moments)
    return VideoHit(item, score, moments[0].relevance, moments[0].likely, moments, curve)


def _allowed(index: VectorIndex, filters: Filters, terms: Sequence[Term]) -> NDArray[np.bool_]:
    allowed = np.asarray(Filters(kind="video").mask(index.items))
    limited = filters.mask(index.items)
    if limited is not None:
        allowed &= limited
    for term in terms:
        if term.kind == "item":
            allowed[index.item_rows[index.numbers_of(str(term.value))]] = False
    return allowed


@dataclass(frozen=True)
class _Rows:
    """The rows of the videos that are searched, one video after the other.

    scores: (n,) cosines; lengths: (n,) seconds. firsts: (videos,) where each one's rows begin; items: (videos,) its row
    in the index's items.
    """

    scores: NDArray[np.float32]
    lengths: NDArray[np.float32]
    firsts: NDArray[np.int64]
    items: NDArray[np.int64]

    @classmethod
    def of(cls, index: VectorIndex, query: NDArray[np.float32], allowed: NDArray[np.bool_]) -> _Rows:
        scores, numbers = index.search(query, len(index), allowed=allowed)
        owners = index.item_rows[numbers]
        order = np.argsort(owners, kind="stable")  # within a video the rows stay best first
        items, firsts = np.unique(owners[order], return_index=True)
        numbers = numbers[order]
        return cls(scores[order], index.end_s[numbers] - index.start_s[numbers], firsts, items)

    def pooled(self, pooling: Pooling) -> NDArray[np.float32]:
        """(videos,): one score each. Rows count by their seconds, as if all were on an even grid of time."""
        if pooling == "max":
            return self.scores[self.firsts]
        weights = np.maximum(self.lengths.astype(np.float64), 1e-3)
        if pooling == "top":
            passed = np.cumsum(weights) - weights
            counts = np.diff(np.append(self.firsts, len(weights)))
            passed -= np.repeat(passed[self.firsts], counts)
            weights = np.clip(_TOP_S - passed, 0.0, weights)
        total = np.add.reduceat(weights * self.scores, self.firsts)
        return np.asarray(total / np.add.reduceat(weights, self.firsts), np.float32)
