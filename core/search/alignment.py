"""Alignment of two videos: which part of one shows the same as which part of the other.

All frames of one are compared with all of the other on a common grid of time. Where both show the same, the cosines
are high along a diagonal; the alignment is the run on a diagonal whose cosines exceed `level` by the
largest sum (Kadane's maximum-sum segment, over all offsets at once).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.encoders.base import Vectors
from core.library.track import Track

LEVEL = 0.5  # cosine below which frames count as different, if nothing is known of encoder and library
_CELLS = 1_000_000  # of the matrix: a minute of four hours, at one frame per second; more on a coarser grid
_WEAKER = 0.5  # share of the best run's excess that another run needs


@dataclass(frozen=True, slots=True)
class Alignment:
    """A part of the query and the matching part of the video, in seconds. score: mean cosine, -1 to 1."""

    score: float
    query_start_s: float
    query_end_s: float
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Length of the parts, in seconds."""
        return self.query_end_s - self.query_start_s


def align(query: Track, video: Track, *, level: float = LEVEL) -> Alignment:
    """The best alignment of two videos that have rows. level: cosine below which frames count as different."""
    return find_alignments(query, video, level=level, most=1)[0]


def find_alignments(query: Track, video: Track, *, level: float = LEVEL, most: int = 8) -> tuple[Alignment, ...]:
    """The alignments of a query and a video, best first: at least one, at most `most`.

    They do not overlap in the video. If nothing matches, the result is the single best second or so.
    """
    step = _step(query, video)
    excess = _step_cosines(query, video, step) - np.float32(level)
    found: list[Alignment] = []
    best = 0.0
    while len(found) < most:
        gain, query_cell, cell, length = _best_run(excess)
        if found and gain < max(_WEAKER * best, 1e-6):
            break
        best = best or gain
        found.append(_make_alignment(query, video, step, (query_cell, cell, length), level + gain / length))
        excess[:, cell : cell + length] = -2.0  # no further run may use these cells
    return tuple(found)


def _step(query: Track, video: Track) -> float:
    """Seconds between cells: the shorter step of the two videos, if it has several rows."""
    steps = [track.step_s for track in (query, video) if len(track) > 1] or [query.step_s, video.step_s]
    return max(min(steps), math.sqrt(query.duration_s * video.duration_s / _CELLS))


def _step_cosines(query: Track, video: Track, step: float) -> Vectors:
    """(query cells, video cells) cosines; each pair of rows is compared once."""
    (query_rows, down), (video_rows, across) = (
        np.unique(track.rows_on_grid(step), return_inverse=True) for track in (query, video)
    )
    return (query.vectors[query_rows] @ video.vectors[video_rows].T)[np.ix_(down, across)]


def _best_run(excess: Vectors) -> tuple[float, int, int, int]:
    """Sum, first query cell, first video cell and length of the diagonal run with the largest sum."""
    best = (-math.inf, 0, 0, 1)
    sums = np.zeros(excess.shape[1] + 1, np.float32)  # shifted by one: a run grows from the cell above and to the left
    lengths = np.zeros(excess.shape[1] + 1, np.int64)
    for row, cells in enumerate(excess):
        grows = sums[:-1] > 0
        sums[1:] = np.where(grows, sums[:-1], 0) + cells
        lengths[1:] = np.where(grows, lengths[:-1], 0) + 1
        end = int(np.argmax(sums[1:]))
        if sums[end + 1] > best[0]:
            length = int(lengths[end + 1])
            best = (float(sums[end + 1]), row - length + 1, end - length + 1, length)
    return best


def _make_alignment(query: Track, video: Track, step: float, run: tuple[int, int, int], score: float) -> Alignment:
    query_cell, cell, length = run
    ends = (query.duration_s - query_cell * step, video.duration_s - cell * step, length * step)
    return Alignment(score, query_cell * step, query_cell * step + min(ends), cell * step, cell * step + min(ends))
