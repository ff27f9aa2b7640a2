"""Search in videos: weighted terms to ranked videos, each with its moments and the curve of its scores."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.errors import QueryError
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.library.track import Track
from core.media.modalities import VIDEO
from core.previews.notebook import MOST_CARDS, Card, card_of_item, show_cards
from core.search.alignment import Alignment
from core.search.by_clip import align_video, compute_frame_scores, get_query_track, shown_anywhere
from core.search.combine import Combine, combine_terms
from core.search.match_text import describe_match, describe_result, round_match
from core.search.moments import Background, Curve, Moment, compute_curve, find_moments
from core.search.passages.items import spell_out
from core.search.passages.spoken import find_spoken
from core.search.query import Term, embed_query
from core.search.relevance import Relevance
from core.search.relevance.frames import compute_frame_posterior, compute_moment_match, compute_null_stats
from core.search.video_scores import POOLINGS, Pooling, VideoScores, score_query_shots
from core.utils.timecode import format_timecode

__all__ = ["MAX_VIDEOS", "POOLINGS", "Pooling", "VideoHit", "VideoResult", "search_videos"]

MAX_VIDEOS = 1_000
_CANDIDATES = 20  # scored in detail beyond those that are shown


@dataclass(frozen=True, slots=True)
class VideoHit:
    """A video that matches a query.

    Parameters
    ----------
    item : Item
    score : float
        Cosine by the pooling, -1 to 1; comparable within one query and pooling only.
    order : float
        What hits of the same match in percent are ranked by, with "top" and "mean" all that are likely: the score, or
        the best value of the smoothed curve. Where subtitles say what the query asks, the relevance comes before it.
    relevance : float
        Of the best moment, 0 to 1.
    likely : bool
        Of the best moment.
    moments : tuple of Moment
        Best first, at least one.
    curve : Curve
    alignment : Alignment, optional
        Of a query that is a video, with this one.
    judged : bool
        See `VideoResult`; the same as of its moments.
    """

    item: Item
    score: float
    order: float
    relevance: float
    likely: bool
    moments: tuple[Moment, ...]
    curve: Curve
    alignment: Alignment | None = None
    judged: bool = True

    @property
    def is_certain(self) -> bool:
        """Whether it stands above the line where doubt begins; without a judgement there is no line."""
        return self.likely or not self.judged

    def to_card(self) -> Card:
        """What a notebook shows of it: its best moment."""
        return _moment_card(self.item, self.moments[0])

    def _repr_html_(self) -> str:
        cards = [_moment_card(self.item, moment) for moment in self.moments]
        return show_cards(cards, heading=f"Moments of {Path(self.item.path).name}")


@dataclass(frozen=True, slots=True)
class VideoResult:
    """The hits of a search in videos, best first.

    cutoff: number of likely hits, which come first; 0: nothing matches. considered: number of videos that pass the
    filters. seconds: time of the search. judged: whether the matches were measured for queries of this kind, which
    they are for words only. If not, hits are in the order of their scores alone, and `cutoff` says nothing.
    """

    hits: tuple[VideoHit, ...]
    cutoff: int
    considered: int
    seconds: float
    pooling: Pooling
    judged: bool = True

    def _repr_html_(self) -> str:
        heading = describe_result(len(self.hits), self.cutoff, self.considered, self.judged, noun="video")
        moments = [(video.item, moment) for video in self.hits for moment in video.moments]
        moments.sort(key=lambda entry: (entry[1].likely, entry[1].relevance), reverse=True)
        cards = [_moment_card(item, moment) for item, moment in moments[:MOST_CARDS]]
        return show_cards(cards, heading=heading, total=len(moments))


def _moment_card(item: Item, moment: Moment) -> Card:
    times = f"{format_timecode(moment.start_s)}–{format_timecode(moment.end_s)}"
    return card_of_item(item, " · ".join(filter(None, (times, describe_match(moment)))), time_s=moment.peak_s)


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
    combine: Combine = "joint",
    by_subtitles: bool = True,
) -> VideoResult:
    """Ranks a library's videos against a query, exactly, and finds the moments that match.

    A video of the query is not among the hits, nor is the shot of a frame of the query. With "max", the hits of a
    text query are in the order of their match in percent. A query of one video is aligned with each: "max" and "top"
    rank by the part that both show, "mean" by the cosine of the two as a whole.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    terms : sequence of Term
        The query, see `parse_query`.
    top_k : int
        Most hits, at least 1.
    pooling : {"max", "top", "mean"}
        A video's score: its best frame, smoothed within the shot; the mean over its best 5 seconds; over all its time.
    filters : Filters, optional
    templates : sequence of str, optional
        See `embed_query`.
    max_moments : int
        Most moments of a video, at least 1.
    combine : {"joint", "sum"}
        How several terms become one query, see `combine_terms`.
    by_subtitles : bool
        Whether words also find the moments at which the subtitles beside a video say them; with "max" only.

    Returns
    -------
    VideoResult

    Raises
    ------
    QueryError
        The pooling is unknown, or see `embed_query` and `combine_terms`.
    LibraryError
        The library cannot be read.
    """
    started = time.perf_counter()
    if pooling not in POOLINGS:
        raise QueryError(f"Videos are ranked by {', '.join(POOLINGS)}, not by {pooling!r}.")
    index = library.index(encoder)
    terms = spell_out(library, combine_terms(terms, combine))
    clip = get_query_track(encoder, terms, index)
    query = clip.mean_vector() if clip else embed_query(encoder, terms, index=index, templates=templates)
    videos = np.asarray(Filters(kind=VIDEO.name).mask(index.items))
    limited = (filters or Filters()).mask(index.items, library)
    rows = VideoScores.score_videos(
        index, query, videos & _get_allowed(index, limited, terms), score_query_shots(index, terms)
    )
    hits: list[VideoHit] = []
    judged = True
    if len(rows.items):
        reading = Relevance.from_library(encoder, index, query, terms)
        top_k, most = max(1, int(top_k)), max(1, int(max_moments))
        if clip:
            hits = _clip_hits(rows, clip, reading, pooling, top_k, most)
        else:
            ids = rows.item_ids if by_subtitles and pooling == "max" else []
            said = find_spoken(library, encoder, index, terms, ids) if ids else {}
            spoken = {video: said[item_id] for video, item_id in enumerate(ids) if item_id in said}
            frames = int(index.is_frame.sum())
            hits = _rank_hits(rows, query, reading, pooling, top_k, most, frames=frames, spoken=spoken)
        judged = reading.calibration.is_measured and reading.by_text
    if not judged:
        hits = [_without_judgement(hit) for hit in hits]
    elif pooling == "max":  # the order is that of the number shown
        hits.sort(key=lambda hit: (not hit.likely, -round_match(hit.relevance)))
    else:
        hits.sort(key=lambda hit: not hit.likely)
    cutoff = sum(hit.likely for hit in hits)
    return VideoResult(tuple(hits), cutoff, len(rows.items), time.perf_counter() - started, pooling, judged)


def _rank_hits(
    rows: VideoScores, query: NDArray[np.float32], reading: Relevance, pooling: Pooling, top_k: int, most: int, *,
    frames: int, spoken: Mapping[int, Sequence[Moment]],
) -> list[VideoHit]:  # fmt: skip
    """frames: number of all frames of videos in the library, whatever the filters. spoken: by the numbers of videos,
    see `find_spoken`."""
    judge = partial(compute_moment_match, reading, frames=frames)
    background = _compute_background(rows.index, query, reading)
    pooled = rows.pooled(pooling)
    ordered_anew = reading.by_text and pooling == "max"
    first = np.argsort(-pooled, kind="stable")[: top_k + _CANDIDATES * ordered_anew].tolist()
    hits = []
    for video in dict.fromkeys([*first, *spoken]):
        track = rows.track(video)
        matches = compute_frame_posterior(reading, track.vectors)
        curve = compute_curve(track, track.vectors @ query, background, matches=matches)
        moments = find_moments(curve, track.vectors, background, judge, max_moments=most)
        moments = _merge(moments, spoken.get(video, ()), reading)[:most]
        score = float(pooled[video])
        order = float(curve.smooth.max()) if ordered_anew else score
        hits.append(_hit(rows, video, score, moments, curve, order=order))
    hits.sort(key=lambda hit: -hit.order)
    if spoken:  # what orders frames says nothing of words
        hits.sort(key=lambda hit: -_rate(hit.moments[0], reading))
    return hits[:top_k]


def _merge(seen: Sequence[Moment], spoken: Sequence[Moment], reading: Relevance) -> tuple[Moment, ...]:
    """The moments of a video by frames and by subtitles, best first."""
    return tuple(sorted([*spoken, *seen], key=lambda moment: -_rate(moment, reading)) if spoken else seen)


def _rate(moment: Moment, reading: Relevance) -> float:
    """The match of a moment; 0 where none was measured for frames, as it always is for words."""
    return moment.relevance if moment.said or (reading.by_text and reading.calibration.is_measured) else 0.0


def _clip_hits(
    rows: VideoScores, clip: Track, reading: Relevance, pooling: Pooling, top_k: int, most: int
) -> list[VideoHit]:
    """Selects candidates by a simpler measure, and ranks them by alignment."""
    simpler = rows.pooled("mean") if pooling == "mean" else shown_anywhere(rows, clip)
    whole = clip.mean_vector()
    background = Background(reading.mean, reading.std, rows.index.baseline_cosine)
    hits = []
    close = [int(video) for video in np.argsort(-simpler, kind="stable")[: top_k + _CANDIDATES]]
    if pooling == "mean":
        simpler[close] = [whole @ rows.track(video).mean_vector() for video in close]
        close = sorted(close, key=lambda video: -simpler[video])[:top_k]
    for video in close:
        track = rows.track(video)
        score, alignment, moments = align_video(clip, track, reading, most=most)
        score = float(simpler[video]) if pooling == "mean" else score
        curve = compute_curve(track, compute_frame_scores(clip, track), background)
        hits.append(_hit(rows, video, score, moments, curve, order=score, alignment=alignment))
    hits.sort(key=lambda hit: -hit.order)
    return hits[:top_k]


def _hit(
    rows: VideoScores,
    video: int,
    score: float,
    moments: tuple[Moment, ...],
    curve: Curve,
    *,
    order: float,
    alignment: Alignment | None = None,
) -> VideoHit:
    item = Item.from_row(rows.index.items.slice(int(rows.items[video]), 1).to_pylist()[0])
    return VideoHit(item, score, order, moments[0].relevance, moments[0].likely, moments, curve, alignment)


def _without_judgement(hit: VideoHit) -> VideoHit:
    return replace(hit, judged=False, moments=tuple(replace(moment, judged=False) for moment in hit.moments))


def _compute_background(index: VectorIndex, query: NDArray[np.float32], reading: Relevance) -> Background:
    posterior = compute_frame_posterior(reading, index.background)
    usual = float(np.median(index.background @ query if posterior is None else posterior))
    mean, std = (reading.mean, reading.std) if posterior is None else compute_null_stats(reading, index.background)
    # in a library that is all about the query, its usual score is no chance
    return Background(min(usual, mean + 2 * std), std, index.baseline_cosine)


def _get_allowed(index: VectorIndex, limited: NDArray[np.bool_] | None, terms: Sequence[Term]) -> NDArray[np.bool_]:
    allowed = np.ones(len(index.items), bool) if limited is None else limited
    for term in terms:
        if term.kind == "item":
            allowed[index.item_rows[index.item_numbers(str(term.value))]] = False
    return allowed
