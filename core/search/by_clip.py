"""Search by video: which videos show the same as a clip, in the same order, and where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.errors import MediaError, QueryError
from core.library.index import VectorIndex
from core.library.track import Track, track_of
from core.media.kinds import is_video_path
from core.media.modalities import VIDEO
from core.search.alignment import Alignment, find_alignments
from core.search.moments import Moment
from core.search.query import Term
from core.search.query_clips import get_clip_track
from core.search.relevance import LIKELY, Relevance
from core.search.video_scores import VideoScores

ENOUGH_S = 5.0  # an alignment of this length counts in full, however long the clip of the query is
_FRAMES = 64  # of the query, when many videos are compared
_CHUNK = 16_384


def get_query_track(encoder: Encoder, terms: Sequence[Term], index: VectorIndex) -> Track | None:
    """The track of a query that is one clip or one video of the library; None for any other query.

    Raises QueryError if it cannot be read.
    """
    if len(terms) != 1 or terms[0].weight <= 0:
        return None
    value = terms[0].value
    if terms[0].kind == "item":
        track = track_of(index, str(value))
        return track if len(track) and track.timed and _is_video(index, str(value)) else None
    if terms[0].kind != "clip" or not (isinstance(value, bytes) or is_video_path(value)):
        return None
    try:
        return get_clip_track(encoder, value if isinstance(value, bytes) else Path(value))
    except MediaError as error:
        where = "The clip of the query" if isinstance(value, bytes) else repr(str(value))
        raise QueryError(f"{where} cannot be used: {error}") from error


def _is_video(index: VectorIndex, item_id: str) -> bool:
    return index.item(int(index.item_numbers(item_id)[0])).kind == VIDEO.name


def shown_anywhere(rows: VideoScores, query: Track) -> NDArray[np.float32]:
    """(videos,) how much of a query each video shows, in any order.

    The mean over the query's frames of the highest cosine with any frame of the video: the Chamfer similarity of ViSiL
    (Kordopatis-Zilos et al. 2019).
    """
    frames = _frames(query)
    best = np.full((len(rows.firsts), len(frames)), -1.0, np.float32)
    owners = np.searchsorted(rows.firsts, np.arange(len(rows.numbers)), "right") - 1
    for start in range(0, len(rows.numbers), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        cosines = rows.index.vectors(rows.numbers[chunk]) @ frames.T
        videos, begins = np.unique(owners[chunk], return_index=True)
        best[videos] = np.maximum(best[videos], np.maximum.reduceat(cosines, begins))
    return np.asarray(best.mean(axis=1), np.float32)


def compute_frame_scores(query: Track, video: Track) -> NDArray[np.float32]:
    """(n,) the highest cosine of each row of a video with any frame of the query."""
    return np.asarray((video.vectors @ _frames(query).T).max(axis=1), np.float32)


def align_video(
    query: Track, video: Track, reading: Relevance, *, most: int
) -> tuple[float, Alignment, tuple[Moment, ...]]:
    """Aligns a clip with a video: a score, the best alignment, and the moments of all alignments, best first.

    reading: relevance for the clip's vector. most: moments. The score is the mean cosine over the whole clip; seconds
    without a counterpart count as halfway from chance to the same image.
    """
    level = (1 + reading.mean) / 2
    found = find_alignments(query, video, level=level, most=most)
    enough = min(query.duration_s, ENOUGH_S)
    strength = np.array([_is_counted(entry, enough, level) for entry in found])
    weight, intercept = reading.calibration.clip_weights
    relevance = 1 / (1 + np.exp(-(weight * (strength - reading.mean) / (1 - reading.mean) + intercept)))
    moments = [_moment(query, video, entry, float(value)) for entry, value in zip(found, relevance, strict=True)]
    moments.sort(key=lambda moment: -moment.relevance)
    return _is_counted(found[0], query.duration_s, level), found[0], tuple(moments)


def _frames(query: Track) -> Vectors:
    return query.on_grid(max(query.step_s, query.duration_s / _FRAMES))


def _is_counted(alignment: Alignment, seconds: float, level: float) -> float:
    """The mean cosine over a number of seconds; those beyond the alignment count as `level`."""
    share = min(1.0, alignment.length_s / max(seconds, 1e-3))
    return level + share * (alignment.score - level)


def _moment(query: Track, video: Track, alignment: Alignment, relevance: float) -> Moment:
    """An alignment as a moment; the peak is where the cosine is highest."""
    rows = np.flatnonzero((video.end_s > alignment.start_s) & (video.start_s < alignment.end_s))
    starts = np.maximum(video.start_s[rows], alignment.start_s)
    middles = (starts + np.minimum(video.end_s[rows], alignment.end_s)) / 2
    shown = np.stack([query.at(middle - alignment.start_s + alignment.query_start_s) for middle in middles.tolist()])
    cosines = np.einsum("nd,nd->n", shown, video.vectors[rows])
    peak = int(np.argmax(cosines))
    return Moment(
        start_s=alignment.start_s,
        end_s=alignment.end_s,
        peak_s=float(middles[peak]),
        score=float(cosines[peak]),
        relevance=relevance,
        likely=relevance >= LIKELY,
    )
