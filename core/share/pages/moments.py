"""The moments of a search in videos as a page in one file, see `core.share.pages.page`: each video with its curve."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.plots.timeline import get_score_range, outline
from core.progress import OnProgress
from core.search.relevance import LIKELY
from core.share.pages.page import escape_text, render_page
from core.share.pages.search import card, format_likely, format_score, get_page_facts
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


def moments_page(
    hits: Sequence[VideoHit],
    *,
    query: str,
    library: str,
    encoder: str,
    more: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
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
    uris = iter(encode_images(pictures, side=_SIDE, on_progress=on_progress, cancel=cancel))
    scale = get_score_range([hit.curve for hit in shown]) if shown else (0.0, 1.0)
    body = [] if likely else ["<p><b>Nothing here clearly matches.</b></p>"]
    for rank, hit in enumerate(shown):
        if rank and shown[rank - 1].likely and not hit.likely:
            body.append('<div class="end">Likely matches end here</div>')
        body.append(_video(rank + 1, hit, scale, [next(uris) for _ in hit.moments]))
    return render_page(title=f"{query} in {library}", about=_ABOUT, facts=facts, body="\n".join(body))


def _first(hits: Sequence[VideoHit]) -> list[VideoHit]:
    """The videos, and of them the moments, that the page has room for."""
    found, left = [], MOST_MOMENTS
    for hit in hits:
        if left > 0:
            found.append(replace(hit, moments=hit.moments[:left]))
            left -= len(hit.moments)
    return found


def _video(rank: int, hit: VideoHit, scale: tuple[float, float], uris: Sequence[str | None]) -> str:
    length_s = _length(hit)
    length = format_timecode(length_s, within=length_s)
    facts = f"{format_likely(hit.relevance)} % likely · cosine {hit.score:.2f} · {length}"
    if hit.alignment is not None:
        at = hit.alignment
        facts += f" · {format_timespan(at.query_start_s, at.query_end_s, within=0.0)} of the clip"
        facts += f" runs alongside {format_timespan(at.start_s, at.end_s, within=0.0)} of this video"
    cards = [
        card(
            format_timespan(moment.start_s, moment.end_s, within=length_s),
            uri,
            format_score(
                moment.score, moment.relevance, f" · best at {format_timecode(moment.peak_s, within=length_s)}"
            ),
        )
        for moment, uri in zip(hit.moments, uris, strict=True)
    ]
    name = escape_text(f"{rank}. {Path(hit.item.path).name}")
    return (
        f'<h3><bdi>{name}</bdi></h3><p class="quiet">{escape_text(facts)}</p>{_curve(hit, scale, length_s)}'
        f'<div class="grid">{"".join(cards)}</div>'
    )


def _length(hit: VideoHit) -> float:
    return max(hit.item.duration_s or 0.0, float(hit.curve.end_s[-1]))


def _curve(hit: VideoHit, scale: tuple[float, float], length_s: float) -> str:
    """The score of each second, with the moments shaded. scale: the lowest and the highest score drawn."""
    base, (low, high) = _HEIGHT - 20, scale

    def across(second: float) -> float:
        return _EDGE + (_WIDTH - 2 * _EDGE) * min(1.0, second / max(length_s, 1e-6))

    def down(score: float) -> float:
        return base - (base - 2 * _EDGE) * (score - low) / max(high - low, 1e-6)

    curve = hit.curve
    shades = "".join(
        f'<rect x="{across(moment.start_s):.1f}" y="0" height="{base}" fill-opacity="{0.3 if moment.likely else 0.12}" '
        f'width="{max(1.0, across(moment.end_s) - across(moment.start_s)):.1f}" fill="var(--accent)"/>'
        for moment in hit.moments
    )
    steps = zip(*outline(curve.start_s, curve.end_s, curve.smooth, most=_POINTS), strict=True)
    line = " ".join(f"{across(float(x)):.1f},{down(float(y)):.1f}" for x, y in steps)
    peak_s, level = hit.moments[0].peak_s, down(curve.threshold)
    peak = down(float(curve.smooth[curve.at(peak_s)]))
    label = f"{curve.measure} over time"
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{shades}'
        f'<polyline points="{line}" fill="none" stroke="var(--accent)" stroke-width="1.5"/>'
        f'<line x1="0" x2="{_WIDTH}" y1="{level:.1f}" y2="{level:.1f}" stroke="var(--quiet)" stroke-dasharray="2 4"/>'
        f'<circle cx="{across(peak_s):.1f}" cy="{peak:.1f}" r="3.5" fill="var(--text)"/>'
        f'<text x="{_EDGE}" y="{_HEIGHT - 5}">0:00</text><text x="{_WIDTH / 2}" y="{_HEIGHT - 5}" text-anchor="middle">'
        f'{label}</text><text x="{_WIDTH - _EDGE}" y="{_HEIGHT - 5}" text-anchor="end">'
        f"{format_timecode(length_s, within=length_s)}</text></svg>"
    )
