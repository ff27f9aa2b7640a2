"""A search result or a list of clusters as a page in one file, see `core.share.page`; maps are in `report_map`."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.library.schema import Item
from core.progress import OnProgress
from core.relevance import LIKELY
from core.share.page import page, text
from core.share.pictures import pictures_of
from core.timecode import timecode

if TYPE_CHECKING:
    from core.cluster import Clusters
    from core.cluster_names import ClusterName
    from core.points import Points

MOST_HITS = 200
_SIDE, _SMALL = 240, 128  # pixels of pictures
_OF_A_CLUSTER = 8
_METHODS = {"kmeans": "k-means", "hdbscan": "HDBSCAN", "agglomerative": "Ward's method"}
_READ_HITS = (
    "The percentage estimates how probable it is that a file is what the query means; likely matches come first and "
    f"end where it falls below {LIKELY:.0%}. The cosine is the raw closeness of query and file, -1 to 1, and compares "
    "files of this query only."
)
_READ_CLUSTERS = (
    "Each group holds files that look alike to the encoder, the largest first, with the most typical and varied of its "
    "pictures. The percentage says how much of a group its name in words describes, and how little else."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a search as a page shows it. score: cosine; relevance: probability. times: seconds of a video,
    (start, end, peak)."""

    item: Item
    score: float
    relevance: float
    likely: bool
    times: tuple[float, float, float] | None = None


def search_page(
    answers: Sequence[Answer],
    *,
    query: str,
    library: str,
    encoder: str,
    more: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> str:
    """The best answers, up to `MOST_HITS`, as HTML. query: as a person reads it. library, encoder: their names.

    more: further facts to state, such as filters. Raises Cancelled.
    """
    shown = answers[:MOST_HITS]
    likely = sum(each.likely for each in answers)
    facts = {"Query": query} | facts_of(library, encoder) | {"Likely matches": f"{likely:,}"} | dict(more or {})
    facts["On this page"] = f"the first {len(shown):,} of {len(answers):,}" if len(shown) < len(answers) else "all"
    pictures = [(each.item, each.times[2] if each.times else None) for each in shown]
    uris = pictures_of(pictures, side=_SIDE, on_progress=on_progress, cancel=cancel)
    cards = [_answer(rank, *each) for rank, each in enumerate(zip(shown, uris, strict=True), start=1)]
    first, rest = cards[:likely], cards[likely:]
    body = [_chart(shown)] if len(shown) > 1 else []
    body += [f'<div class="grid">{"".join(first)}</div>'] if first else ["<p><b>Nothing here clearly matches.</b></p>"]
    if rest:
        end = "Likely matches end here" if first else "The nearest all the same"
        body.append(f'<div class="end">{end}</div><div class="grid">{"".join(rest)}</div>')
    return page(title=f"{query} in {library}", about=_READ_HITS, facts=facts, body="\n".join(body))


def cluster_page(
    points: Points,
    clusters: Clusters,
    names: Sequence[ClusterName],
    *,
    library: str,
    encoder: str,
    outliers: Sequence[int] = (),
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> str:
    """The clusters of points with names and pictures, and what is unusual among them, as HTML. Raises Cancelled."""
    body = cluster_sections(points, clusters, names, _titles(names), outliers, on_progress=on_progress, cancel=cancel)
    facts = facts_of(library, encoder) | cluster_facts(clusters, points.first_text)
    return page(title=f"Clusters of {library}", about=_READ_CLUSTERS, facts=facts, body=body)


def cluster_sections(
    points: Points,
    clusters: Clusters,
    names: Sequence[ClusterName],
    titles: Sequence[str],
    outliers: Sequence[int] = (),
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> str:
    """The HTML of the groups: each with its name, what else it might be called, and some pictures."""
    from core.representatives import representatives

    chosen = [
        representatives(points.vectors, clusters.members(number), _OF_A_CLUSTER) for number in range(clusters.count)
    ]
    chosen.append(np.array(outliers, np.int64))
    numbers = np.concatenate(chosen)
    uris = iter(pictures_of(shown_of(points, numbers), side=_SMALL, on_progress=on_progress, cancel=cancel))
    labels = iter(names_of(points, numbers))
    sections = []
    for number, group in enumerate(chosen):
        cards = "".join(card(next(labels), next(uris)) for _ in group)
        grid = f'<div class="small"><div class="grid">{cards}</div></div>'
        if number < clusters.count:
            sections.append(_heading(titles[number], names[number], int(clusters.sizes[number])) + grid)
        elif len(group):
            sections.append("<h2>Unusual ones</h2><p>Like nothing else in the library, the strangest first.</p>" + grid)
    return "\n".join(sections)


def cluster_facts(clusters: Clusters, count: int) -> dict[str, str]:
    """What a page says of clusters of so many points."""
    apart = int((clusters.of[:count] < 0).sum())
    facts = {"Points": f"{count:,}", "Clusters": f"{clusters.count:,} by {_METHODS[clusters.method]}"}
    facts |= {"In no cluster": f"{apart:,}"} if apart else {}
    return facts | ({} if clusters.silhouette is None else {"Silhouette": f"{clusters.silhouette:.2f}"})


def facts_of(library: str, encoder: str) -> dict[str, str]:
    """What every page says."""
    return {"Library": library, "Encoder": encoder, "Saved": datetime.now().strftime("%d %b %Y, %H:%M")}


def shown_of(points: Points, numbers: NDArray[np.int64]) -> list[tuple[Item, float | None]]:
    """The items of points that are not texts, of frames with their seconds."""
    seconds = [None if np.isnan(at) else float(at) for at in points.start_s[numbers]]
    return list(zip(points.items(numbers), seconds, strict=True))


def names_of(points: Points, numbers: NDArray[np.int64]) -> list[str]:
    """What points are called: the names of their files, without folders, of frames with their seconds; or texts."""
    paths, own = points.column("path"), points.first_text
    found = []
    for number in numbers.tolist():
        at = points.start_s[number]
        when = "" if np.isnan(at) else f" · {timecode(float(at))}"
        found.append(points.texts[number - own] if number >= own else Path(str(paths[number])).name + when)
    return found


def card(name: str, uri: str | None, more: str = "") -> str:
    """The HTML of one picture with its name. uri: as of `pictures_of`; more: HTML."""
    picture = f'<img src="{text(uri)}" alt="" loading="lazy">' if uri else '<div class="none">no picture</div>'
    return f"<figure>{picture}<figcaption><b><bdi>{text(name)}</bdi></b>{more}</figcaption></figure>"


def scored(score: float, relevance: float, more: str = "") -> str:
    """The HTML of how good an answer is, see `Answer`. more: plain text behind it."""
    share = likely_percent(relevance)
    told = f"{share} % likely · cosine {score:.2f}{more}"
    return f'<span class="bar"><i style="width:{share}%"></i></span><small>{text(told)}</small>'


def likely_percent(relevance: float) -> int:
    """A relevance in per cent, never as certain as 0 or 100."""
    return min(99, max(1, round(100 * relevance)))


# inside


def _answer(rank: int, answer: Answer, uri: str | None) -> str:
    when = ""
    if answer.times is not None:
        start, end, peak = (timecode(each) for each in answer.times)
        when = f" · {start} to {end}, best at {peak}"
    return card(f"{rank}. {Path(answer.item.path).name}", uri, scored(answer.score, answer.relevance, when))


def _chart(answers: Sequence[Answer]) -> str:
    """Relevance by rank, and the line where likely matches end."""
    width, height, left, top = 620, 150, 42, 10
    step = (width - left - 6) / len(answers)
    low = height - 24
    bars = []
    for place, each in enumerate(answers):
        tall = max(1.0, each.relevance * (low - top))
        colour = "var(--accent)" if each.likely else "var(--line)"
        at = f'x="{left + place * step:.1f}" y="{low - tall:.1f}" width="{max(0.8, step - 1):.1f}" height="{tall:.1f}"'
        bars.append(f'<rect {at} fill="{colour}"/>')
    line = low - LIKELY * (low - top)
    ticks = "".join(
        f'<text x="{left - 5}" y="{low - share * (low - top) + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        for share in (0, LIKELY, 1)
    )
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="Relevance by rank">{"".join(bars)}'
        f'<line x1="{left}" x2="{width}" y1="{line:.1f}" y2="{line:.1f}" stroke="var(--quiet)" stroke-dasharray="4 4"/>'
        f'{ticks}<text x="{left}" y="{height - 6}">relevance by rank, best first; dashed: likely above</text></svg>'
    )


def _heading(title: str, name: ClusterName, size: int) -> str:
    return f'<h3><bdi>{text(title)}</bdi></h3><p class="quiet">{size:,} · {text(name.told(4))}.</p>'


def _titles(names: Sequence[ClusterName]) -> list[str]:
    return [name.name or f"unnamed {number}" for number, name in enumerate(names, start=1)]
