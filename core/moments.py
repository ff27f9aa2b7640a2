"""Moments: where in a video a query is answered, found from the scores of its frames.

A moment is a stretch of time in which the score stays nearer to its peak than to what is usual. Scores are smoothed
first, over time and likeness at once (a bilateral filter, Tomasi and Manduchi 1998): frames of one shot share their
evidence, so that a pan or a blurred frame does not tear it apart, and those beyond a cut stay out of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.relevance import LIKELY
from core.track import Track

Judge = Callable[[NDArray[np.float32], Vectors], NDArray[np.float32]]  # `core.relevance.Relevance.of_hits`

_BLUR_S = 3.0  # standard deviation over time: a shot lasts a few seconds
_BLUR_COSINE = 0.15  # frames this much less alike count a third: those of one shot are nearer, beyond a cut farther
_GAP_S = 1.5  # a shorter dip does not end a moment: one bad frame at the usual rate
_LOW = 0.1  # share of a video's time that is taken to be its background


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a video that answers a query, in seconds.

    peak_s: its best second. score: cosine there. relevance: 0 to 1 there, see `core.relevance`; likely: it reaches
    `LIKELY`.
    """

    start_s: float
    end_s: float
    peak_s: float
    score: float
    relevance: float
    likely: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """The scores of a video over its time, all (n,): row i is shown from start_s[i] to end_s[i] (seconds).

    scores: cosines; smooth: the same, smoothed within shots. threshold: a cosine; the smooth curve is above it within
    the best moment.
    """

    start_s: NDArray[np.float32]
    end_s: NDArray[np.float32]
    scores: NDArray[np.float32]
    smooth: NDArray[np.float32]
    threshold: float


def curve_of(track: Track, scores: NDArray[np.float32], *, background: float) -> Curve:
    """The curve of a video, n > 0. scores: (n,) cosines. background: what the query scores on the library by chance."""
    smooth = _smooth(track, scores)
    peak = float(smooth.max())
    low = _low(smooth, track.end_s - track.start_s)
    # a video whose dull parts are nearer to its peak than to chance is about the query from end to end
    level = max(background, low) if low < (peak + background) / 2 else min(background, low)
    return Curve(track.start_s, track.end_s, scores, smooth, (peak + level) / 2)


def find_moments(curve: Curve, vectors: Vectors, judge: Judge, *, max_moments: int = 8) -> tuple[Moment, ...]:
    """The moments of a curve, best first, at least one. vectors: (n, dim) of its rows."""
    above = curve.smooth >= curve.threshold
    gaps = curve.start_s[1:] - curve.end_s[:-1]
    ranges = _merged(_runs(above, gaps > _GAP_S), curve)
    peaks = np.array([first + int(np.argmax(curve.scores[first : last + 1])) for first, last in ranges])
    relevance = judge(curve.scores[peaks], vectors[peaks])
    order = np.lexsort((-curve.scores[peaks], -relevance))[: max(1, max_moments)]
    return tuple(_moment(curve, ranges[rank], int(peaks[rank]), float(relevance[rank])) for rank in order)


def _smooth(track: Track, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each score averaged with those around it, by nearness in time, likeness of the frames, and their lengths."""
    middle = (track.start_s + track.end_s) / 2
    length = np.maximum(track.end_s - track.start_s, 1e-3)
    total, weight = scores * length, length.copy()
    for offset in range(1, len(scores)):
        near = np.exp(-0.5 * ((middle[offset:] - middle[:-offset]) / _BLUR_S) ** 2)
        if near.max() < 0.01:
            break
        alike = np.einsum("nd,nd->n", track.vectors[offset:], track.vectors[:-offset])
        near = near * np.exp(np.minimum(alike - 1, 0) / _BLUR_COSINE)
        for here, there in ((slice(offset, None), slice(None, -offset)), (slice(None, -offset), slice(offset, None))):
            total[here] += near * length[there] * scores[there]
            weight[here] += near * length[there]
    return np.asarray(total / weight, np.float32)


def _low(scores: NDArray[np.float32], lengths: NDArray[np.float32]) -> float:
    """The score that the dullest tenth of the time does not exceed."""
    order = np.argsort(scores)
    passed = np.cumsum(lengths[order])
    return float(scores[order][np.searchsorted(passed, _LOW * passed[-1])])


def _runs(above: NDArray[np.bool_], broken: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last row of each stretch that is above; a hole in the time (`broken`, (n - 1,)) ends one too."""
    runs: list[tuple[int, int]] = []
    for row in np.flatnonzero(above):
        if runs and runs[-1][1] == row - 1 and not broken[row - 1]:
            runs[-1] = (runs[-1][0], int(row))
        else:
            runs.append((int(row), int(row)))
    return runs


def _merged(runs: list[tuple[int, int]], curve: Curve) -> list[tuple[int, int]]:
    merged = runs[:1]
    for first, last in runs[1:]:
        if curve.start_s[first] - curve.end_s[merged[-1][1]] < _GAP_S:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _moment(curve: Curve, rows: tuple[int, int], peak: int, relevance: float) -> Moment:
    return Moment(
        start_s=float(curve.start_s[rows[0]]),
        end_s=float(curve.end_s[rows[1]]),
        peak_s=float(curve.start_s[peak] + curve.end_s[peak]) / 2,
        score=float(curve.scores[peak]),
        relevance=relevance,
        likely=relevance >= LIKELY,
    )
