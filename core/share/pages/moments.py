"""The moments of a search in videos as a page in one file, see `core.share.pages.page`: each video with its curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.deprecated import task_keywords
from core.plots.timeline import get_score_range, outline
from core.progress import SILENT, Task
from core.search.relevance import LIKELY
from core.share.pages.page import render, render_page
from core.share.pages.search import format_likely, get_page_facts, make_score_card
from core.share.pages.thumbnails import encode_images
from core.utils.timecode import format_timecode, format_timespan

if TYPE_CHECKING:
    from core.search.videos import VideoHit

MOST_MOMENTS = 200
_SIDE = 240  # pixels of pictures
_POINTS = 200  # of a curve
_WIDTH, _HEIGHT, _EDGE = 620, 92, 4  # units of a curve's drawing
_ABOUT = (
    "Each video comes with the moments that answer, best first, and the second that answers best as their picture. The "
    "curve is how well each second of it answers, on one scale for all: shaded where a moment is, dotted the line that "
    "it rises above, with a dot at the best second. The percentage estimates how probable it is that a moment is what "
    f"the query means; likely is from {LIKELY:.0%}. The cosine is the raw closeness of query and picture, -1 to 1."
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
    """Videos and their moments, up to `MOST_MOMENTS`, as HTML. query: as a person reads it; library, encoder: names.

    more: further facts to state, such as filters. Raises Cancelled.
    """
    shown, count = _first(hits), sum(len(hit.moments) for hit in hits)
    found = sum(len(hit.moments) for hit in shown)
    likely = sum(moment.likely for hit in hits for moment in hit.moments)
    facts = {"Query": query} | get_page_facts(library, encoder) | {"Videos": f"{len(hits):,}"}
    facts |= {"Likely moments": f"{likely:,}"} | dict(more or {})
    facts["On this page"] = f"the first {found:,} of {count:,} moments" if found < count else "all"
    pictures = [(hit.item, moment.peak_s) for hit in shown for moment in hit.moments]
    uris = iter(encode_images(pictures, side=_SIDE, task=task))
    scale = get_score_range([hit.curve for hit in shown]) if shown else (0.0, 1.0)
    videos = [
        _video(rank, hit, scale, [next(uris) for _ in hit.moments])
        | {"is_first_unlikely": rank > 1 and shown[rank - 2].likely and not hit.likely}
        for rank, hit in enumerate(shown, start=1)
    ]
    body = render("moments.html", videos=videos, any_likely=likely > 0)
    return render_page(title=f"{query} in {library}", about=_ABOUT, facts=facts, body=body)


def _first(hits: Sequence[VideoHit]) -> list[VideoHit]:
    """The videos, and of them the moments, that the page has room for."""
    found, left = [], MOST_MOMENTS
    for hit in hits:
        if left > 0:
            found.append(replace(hit, moments=hit.moments[:left]))
            left -= len(hit.moments)
    return found


def _video(rank: int, hit: VideoHit, scale: tuple[float, float], uris: Sequence[str | None]) -> dict[str, Any]:
    length_s = _length(hit)
    length = format_timecode(length_s, within=length_s)
    facts = f"{format_likely(hit.relevance)} % likely · cosine {hit.score:.2f} · {length}"
    if hit.alignment is not None:
        at = hit.alignment
        facts += f" · {format_timespan(at.query_start_s, at.query_end_s, within=0.0)} of the clip"
        facts += f" runs alongside {format_timespan(at.start_s, at.end_s, within=0.0)} of this video"
    cards = [
        make_score_card(
            format_timespan(moment.start_s, moment.end_s, within=length_s), uri, moment.score, moment.relevance,
            f" · best at {format_timecode(moment.peak_s, within=length_s)}",
        )
        for moment, uri in zip(hit.moments, uris, strict=True)
    ]  # fmt: skip
    title = f"{rank}. {Path(hit.item.path).name}"
    return {"title": title, "facts": facts, "curve": _curve(hit, scale, length_s), "cards": cards}


def _length(hit: VideoHit) -> float:
    return max(hit.item.duration_s or 0.0, float(hit.curve.end_s[-1]))


def _curve(hit: VideoHit, scale: tuple[float, float], length_s: float) -> dict[str, Any]:
    """The score of each second, with the moments shaded. scale: the lowest and the highest score drawn."""
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
            "opacity": 0.3 if moment.likely else 0.12,
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
