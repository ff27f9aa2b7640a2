"""Moments: the parts of a video that match a query, found from the scores of its frames.

A moment is a stretch of time in which the score, smoothed within shots (`core.vectors.temporal_smoothing`), stays
nearer to its peak than to what is usual.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.library.track import Track
from core.search.relevance import LIKELY
from core.vectors.temporal_smoothing import TemporalSmoother

Measure = Literal["match", "cosine"]
Judge = Callable[[NDArray[np.float32], Vectors], NDArray[np.float32]]  # `Relevance.hit_probabilities`

_CUT = 0.6  # distance of frames (0: equal, 1: unrelated): neighbors within a shot are hardly ever so far apart
_SAME = 0.1  # of peak over background: a cut between scores that differ by less stays within the moment
_GAP_S = 1.5  # a shorter dip does not end a moment: it is one bad frame at the usual rate
_SHORTEST_S = 0.5  # a shorter moment is kept only if there is no better one
_LOW = 0.1  # share of a video's time that counts as its background


@dataclass(frozen=True, slots=True)
class Moment:
    """A part of a video that matches a query; times in seconds.

    peak_s: the best time. score: cosine at the peak, -1 to 1. relevance: at the peak, 0 to 1, see
    `core.search.relevance`. likely: whether it reaches `LIKELY`. judged: see `core.search.SearchResult`. said: what the
    subtitles say, of a moment that was found by them; score is then the cosine with these words.
    """

    start_s: float
    end_s: float
    peak_s: float
    score: float
    relevance: float
    likely: bool
    judged: bool = True
    said: str = ""

    @property
    def is_certain(self) -> bool:
        """Whether it stands above the line where doubt begins; without a judgement there is no line."""
        return self.likely or not self.judged

    @property
    def enter_s(self) -> float:
        """Where playing starts: up to half a second after `start_s`, but not after the peak.

        The moment may begin anywhere between two embedded frames, and the player must not show the shot before. Words
        have exact times.
        """
        return self.start_s if self.said else min(self.peak_s, self.start_s + 0.5)


@dataclass(frozen=True, slots=True)
class Curve:
    """The scores of a video over time; arrays of (n,), row i lasts from start_s[i] to end_s[i] (seconds).

    cosines: with the query. scores: what moments are found from, see `compute_frame_posterior`. smooth: the scores,
    smoothed within shots. threshold: the score that `smooth` exceeds within the best moment. measure: of the scores.
    """

    start_s: NDArray[np.float32]
    end_s: NDArray[np.float32]
    cosines: NDArray[np.float32]
    scores: NDArray[np.float32]
    smooth: NDArray[np.float32]
    threshold: float
    measure: Measure = "cosine"

    def at(self, second: float) -> int:
        """The number of the row at a time, or of the last one before it."""
        return max(0, int(np.searchsorted(self.start_s, second, "right")) - 1)


@dataclass(frozen=True, slots=True)
class Background:
    """Null distribution of a library. typical, spread: mean and standard deviation of scores by chance.
    baseline_cosine: of two unrelated frames."""

    typical: float
    spread: float
    baseline_cosine: float


def compute_curve(
    track: Track, cosines: NDArray[np.float32], background: Background, *, matches: NDArray[np.float32] | None = None
) -> Curve:
    """The curve of a video, n > 0. cosines: (n,) of its rows with the query; matches: (n,) scores to use instead.

    The threshold lies halfway from background to peak. The background is the library's, or the video's own if that is
    higher: among cats, another cat is nothing special.
    """
    shots = TemporalSmoother.from_frames(
        track.start_s, track.end_s, lambda first, stop: track.vectors[first:stop], background.baseline_cosine
    )
    scores = cosines if matches is None else matches
    smooth = shots.smooth(scores)
    peak, low = float(smooth.max()), _compute_low(smooth, track.end_s - track.start_s)
    level = min(background.typical, low) if background.typical >= peak else max(background.typical, low)
    if level > background.typical and low > (peak + background.typical) / 2:
        level = background.typical  # even its low parts are nearer to the peak: all of the video is about the query
    measure: Measure = "cosine" if matches is None else "match"
    return Curve(track.start_s, track.end_s, cosines, scores, smooth, (peak + level) / 2, measure)


def find_moments(
    curve: Curve, vectors: Vectors, background: Background, judge: Judge, *, max_moments: int = 8
) -> tuple[Moment, ...]:
    """The moments of a curve, best first, at least one. vectors: (n, dim) of its rows. judge: relevance (m,) of
    cosines (m,) and vectors (m, dim).

    A curve that never exceeds chance has its best part only.
    """
    ranges = _find_ranges(curve, vectors, background.baseline_cosine)
    peaks = np.array([first + int(np.argmax(curve.scores[first : last + 1])) for first, last in ranges])
    relevance = judge(curve.cosines[peaks], vectors[peaks])
    order = np.lexsort((-curve.cosines[peaks], -relevance))
    if curve.smooth.max() < background.typical + background.spread:
        max_moments = 1
    return tuple(
        _make_moment(curve, ranges[rank], int(peaks[rank]), float(relevance[rank]))
        for rank in order[: max(1, max_moments)]
    )


def get_shot_at(track: Track, time_s: float, baseline_cosine: float) -> slice:
    """The rows of the shot at a time, between visible cuts. baseline_cosine: see `Background`."""
    looks = np.einsum("nd,nd->n", track.vectors[1:], track.vectors[:-1])
    cuts = np.flatnonzero(1 - looks >= _CUT * (1 - baseline_cosine)) + 1
    row = max(0, int(np.searchsorted(track.start_s, time_s, "right")) - 1)
    place = int(np.searchsorted(cuts, row, "right"))
    bounds = [0, *cuts.tolist(), len(track)]
    return slice(bounds[place], bounds[place + 1])


def _compute_low(scores: NDArray[np.float32], lengths: NDArray[np.float32]) -> float:
    """The score that the lowest tenth of the time does not exceed."""
    order = np.argsort(scores)
    passed = np.cumsum(lengths[order])
    return float(scores[order][np.searchsorted(passed, _LOW * passed[-1])])


def _find_ranges(curve: Curve, vectors: Vectors, baseline_cosine: float) -> list[tuple[int, int]]:
    """First and last row of each range above the threshold, in order of time; split at cuts between scores."""
    same = _SAME * 2 * (float(curve.smooth.max()) - curve.threshold)
    ranges: list[tuple[int, int]] = []
    for row in map(int, np.flatnonzero(curve.smooth >= curve.threshold)):
        last = ranges[-1][1] if ranges else row
        nearest = curve.start_s[row] - curve.end_s[last] < _GAP_S
        before = max(ranges[-1][0], last - 1) if ranges else row  # a fade is two steps, neither of them a cut
        one_shot = nearest and (1 - vectors[[last, before]] @ vectors[row]).max() < _CUT * (1 - baseline_cosine)
        if ranges and nearest and (one_shot or abs(curve.smooth[row] - curve.smooth[last]) <= same):
            ranges[-1] = (ranges[-1][0], row)
        else:
            ranges.append((row, row))
    best = max(ranges, key=lambda rows: float(curve.smooth[rows[0] : rows[1] + 1].max()))
    return [rows for rows in ranges if rows == best or curve.end_s[rows[1]] - curve.start_s[rows[0]] >= _SHORTEST_S]


def _make_moment(curve: Curve, rows: tuple[int, int], peak: int, relevance: float) -> Moment:
    return Moment(
        start_s=float(curve.start_s[rows[0]]),
        end_s=float(curve.end_s[rows[1]]),
        peak_s=float(curve.start_s[peak] + curve.end_s[peak]) / 2,
        score=float(curve.cosines[peak]),
        relevance=relevance,
        likely=relevance >= LIKELY,
    )
