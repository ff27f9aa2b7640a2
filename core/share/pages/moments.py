"""The moments of a video search as a page in one file, see `core.share.pages.page`: each video with its curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.deprecated import task_keywords
from core.plots.timeline import get_score_range, outline
from core.progress import SILENT, Task
from core.search.match_text import describe_match
from core.search.relevance import LIKELY
from core.share.pages.page import render, render_page
from core.share.pages.search import format_share, make_query_facts, make_score_card
from core.share.pages.thumbnails import encode_images
from core.utils.timecode import format_timecode, format_timespan

if TYPE_CHECKING:
    from core.search.videos import VideoHit

MOST_MOMENTS = 200
_SIDE = 240  # pixels of pictures
_POINTS = 200  # of a curve
_WIDTH, _HEIGHT, _EDGE = 620, 92, 4  # of a curve, in SVG units
_ABOUT = (
    "Each video with its moments, best first; a moment's picture is its best second. The curve is the score over time, "
    "on one scale for all videos: moments are shaded, the threshold is dotted, and a dot marks the best second. The "
    "cosine is the similarity of query and picture, -1 to 1."
)
_ABOUT_MATCH = (
    " The match is the estimated probability that a moment is what the query means; below "
    f"{LIKELY:.0%} it is less certain."
)


@task_keywords
def moments_page(
    hits: Sequence[VideoHit],
    *,
    query: str,
    library: str,
    encoder: str,
    more: Mapping[str, str] | None = None,
    task: Task = SILENT,
) -> str:
    """Videos and their moments as HTML, up to `MOST_MOMENTS` moments.

    Parameters
    ----------
    hits : sequence of VideoHit
        Best first.
    query : str
        In words.
    library, encoder : str
        Their names.
    more : mapping of str to str, optional
        Further facts, such as filters.
    task : Task, optional

    Returns
    -------
    str

    Raises
    ------
    Cancelled
    """
    shown = _first(hits)
    facts = make_query_facts(query, library, encoder, {"Videos": f"{len(hits):,}"} | dict(more or {}))
    on_page, total = (sum(len(hit.moments) for hit in part) for part in (shown, hits))
    facts["On this page"] = format_share(on_page, total, " moments")
    pictures = [(hit.item, moment.peak_s) for hit in shown for moment in hit.moments]
    uris = iter(encode_images(pictures, side=_SIDE, task=task))
    scale = get_score_range([hit.curve for hit in shown]) if shown else (0.0, 1.0)
    videos = [
        _video(rank, hit, scale, [next(uris) for _ in hit.moments])
        | {"is_first_doubtful": rank > 1 and shown[rank - 2].is_certain and not hit.is_certain}
        for rank, hit in enumerate(shown, start=1)
    ]
    body = render("moments.html", videos=videos, any_certain=any(hit.is_certain for hit in hits))
    about = _ABOUT + (_ABOUT_MATCH if all(hit.judged for hit in hits) else "")
    return render_page(title=f"{query} in {library}", about=about, facts=facts, body=body)


def _first(hits: Sequence[VideoHit]) -> list[VideoHit]:
    """The first hits, with at most `MOST_MOMENTS` moments in all."""
    selected, available = [], MOST_MOMENTS
    for hit in hits:
        if available > 0:
            selected.append(replace(hit, moments=hit.moments[:available]))
            available -= len(hit.moments)
    return selected


def _video(rank: int, hit: VideoHit, scale: tuple[float, float], uris: Sequence[str | None]) -> dict[str, Any]:
    length_s = _length(hit)
    length = format_timecode(length_s, within=length_s)
    facts = " · ".join(filter(None, [describe_match(hit), f"cosine {hit.score:.2f}", length]))
    if hit.alignment is not None:
        at = hit.alignment
        facts += f" · {format_timespan(at.query_start_s, at.query_end_s, within=0.0)} of the clip"
        facts += f" runs alongside {format_timespan(at.start_s, at.end_s, within=0.0)} of this video"
    cards = [
        make_score_card(
            format_timespan(moment.start_s, moment.end_s, within=length_s), uri, moment,
            f"“{moment.said}”" if moment.said else f"best at {format_timecode(moment.peak_s, within=length_s)}",
        )
        for moment, uri in zip(hit.moments, uris, strict=True)
    ]  # fmt: skip
    title = f"{rank}. {Path(hit.item.path).name}"
    return {"title": title, "facts": facts, "curve": _curve(hit, scale, length_s), "cards": cards}


def _length(hit: VideoHit) -> float:
    return max(hit.item.duration_s or 0.0, float(hit.curve.end_s[-1]))


def _curve(hit: VideoHit, scale: tuple[float, float], length_s: float) -> dict[str, Any]:
    """The score over time, with the moments shaded. scale: lowest and highest score."""
    base, (low, high) = _HEIGHT - 20, scale

    def across(second: float) -> float:
        return _EDGE + (_WIDTH - 2 * _EDGE) * min(1.0, second / max(length_s, 1e-6))

    def down(score: float) -> float:
        return base - (base - 2 * _EDGE) * (score - low) / max(high - low, 1e-6)

    curve = hit.curve
    shades = [
        {
            "x": f"{across(moment.start_s):.1f}",
            "width": f"{max(1.0, across(moment.end_s) - across(moment.start_s)):.1f}",
            "opacity": 0.3 if moment.is_certain else 0.12,
        }
        for moment in hit.moments
    ]
    steps = zip(*outline(curve.start_s, curve.end_s, curve.smooth, most=_POINTS), strict=True)
    peak_s = hit.moments[0].peak_s
    return {
        "width": _WIDTH, "height": _HEIGHT, "edge": _EDGE, "base": base, "shades": shades,
        "line": " ".join(f"{across(float(x)):.1f},{down(float(y)):.1f}" for x, y in steps),
        "level": f"{down(curve.threshold):.1f}",
        "peak_x": f"{across(peak_s):.1f}", "peak_y": f"{down(float(curve.smooth[curve.at(peak_s)])):.1f}",
        "label": f"{curve.measure} over time", "length": format_timecode(length_s, within=length_s),
    }  # fmt: skip
