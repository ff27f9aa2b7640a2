"""Scores of the vectors of many videos for one query, pooled for each video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.library.index import VectorIndex
from core.library.track import Track, track_of
from core.search.moments import get_shot_at
from core.search.query import Term, parse_frame

Pooling = Literal["max", "top", "mean"]
POOLINGS: tuple[Pooling, ...] = ("max", "top", "mean")

_TOP_S = 5.0  # "top" is the mean over a video's best seconds, this many of them
_SHORTEST_S = 1e-3


@dataclass(frozen=True)
class VideoScores:
    """Scores of the vectors of the searched videos, grouped by video, best first within each.

    numbers: (n,) of the vectors in the index; scores: (n,) cosines with the query. firsts: (videos,) where each
    video's begin; items: (videos,) its row in the index's items.
    """

    index: VectorIndex
    numbers: NDArray[np.int64]
    scores: NDArray[np.float32]
    firsts: NDArray[np.int64]
    items: NDArray[np.int64]

    @classmethod
    def score_videos(
        cls, index: VectorIndex, query: NDArray[np.float32], allowed: NDArray[np.bool_], without: NDArray[np.int64]
    ) -> VideoScores:
        """allowed: (items,) mask of items that may be found. without: numbers of vectors to leave out."""
        scores, numbers = index.search(query, len(index), allowed=allowed)
        if len(without):
            kept = ~np.isin(numbers, without)
            scores, numbers = scores[kept], numbers[kept]
        owners = index.item_rows[numbers]
        order = np.argsort(owners, kind="stable")
        items, firsts = np.unique(owners[order], return_index=True)
        return cls(index, numbers[order], scores[order], firsts, items)

    @property
    def item_ids(self) -> list[str]:
        """(videos,) the id of each."""
        ids: list[str] = self.index.items["id"].take(self.items).to_pylist()
        return ids

    def pooled(self, pooling: Pooling) -> NDArray[np.float32]:
        """(videos,) the score of each; rows count by their length in seconds."""
        if pooling == "max":
            return np.maximum.reduceat(self._smooth(), self.firsts)
        seconds = self.index.end_s[self.numbers] - self.index.start_s[self.numbers]
        weights = np.maximum(seconds.astype(np.float64), _SHORTEST_S)
        if pooling == "top":
            passed = np.cumsum(weights) - weights
            passed -= np.repeat(passed[self.firsts], np.diff(np.append(self.firsts, len(weights))))
            weights = np.clip(_TOP_S - passed, 0.0, weights)
        total = np.add.reduceat(weights * self.scores, self.firsts)
        return np.asarray(total / np.add.reduceat(weights, self.firsts), np.float32)

    def _smooth(self) -> NDArray[np.float32]:
        """(n,) the scores, smoothed within shots, so that a single chance frame is no best moment."""
        scores = np.zeros(len(self.index), np.float32)
        scores[self.numbers] = self.scores
        in_time = self.index.in_time
        scores[in_time] = self.index.smoother.smooth(scores[in_time])
        return scores[self.numbers]

    def track(self, video: int) -> Track:
        """The rows of one of the videos, in the order of time."""
        stop = self.firsts[video + 1] if video + 1 < len(self.firsts) else len(self.numbers)
        numbers = self.numbers[self.firsts[video] : stop]
        numbers = numbers[np.argsort(self.index.start_s[numbers], kind="stable")]
        return Track(self.index.start_s[numbers], self.index.end_s[numbers], self.index.vectors(numbers))


def score_query_shots(index: VectorIndex, terms: Sequence[Term]) -> NDArray[np.int64]:
    """The numbers of the vectors in the shots of the query's frames."""
    shots = [np.empty(0, np.int64)]
    for term in terms:
        if term.kind == "frame":
            item_id, time_s = parse_frame(str(term.value))
            numbers = index.item_numbers(item_id)
            numbers = numbers[np.argsort(index.start_s[numbers], kind="stable")]
            shots.append(numbers[get_shot_at(track_of(index, item_id), time_s, index.baseline_cosine)])
    return np.concatenate(shots)
