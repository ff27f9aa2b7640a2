"""Search results and clusters as pages in one file, see `core.share.pages.page`; maps are in `core.share.pages.map`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.library.schema import Item, Passage
from core.media.modalities import get_modality
from core.progress import SILENT, Task
from core.search.match_text import describe_match, quote_caption, round_match
from core.search.relevance import LIKELY, Copy
from core.share.pages.page import Card, render, render_page
from core.share.pages.thumbnails import encode_images

if TYPE_CHECKING:
    from core.explore.cluster_naming import ClusterName
    from core.explore.clustering import Clusters
    from core.library.points import Points
    from core.search.moments import Moment

MOST_HITS = 200
_SIDE, _SMALL = 240, 128  # pixels of pictures
_OF_A_CLUSTER = 8
_WORDS = 240  # letters of a passage that are quoted
_METHODS = {"kmeans": "k-means", "hdbscan": "HDBSCAN", "agglomerative": "Ward's method"}
_READ_MATCH = (
    "The match is the estimated probability that a file is what the query means; "
    f"below {LIKELY:.0%} it is less certain. "
)
_READ_COSINE = "The cosine is the similarity of query and file, -1 to 1, comparable within this query only."
_READ_CLUSTERS = (
    "Each group holds files that are similar to the encoder, the largest group first, with typical and varied "
    "pictures. The percentage measures how well its name describes the group, and only the group."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a search on a page.

    Attributes
    ----------
    item : Item
    score : float
        Cosine, -1 to 1.
    relevance : float
        Probability of a match, 0 to 1.
    likely : bool
    times : (float, float, float) or None
        Start, end and peak in a video, in seconds.
    judged : bool
        Whether the relevance was measured; without that it is not shown.
    copy : {"same", "part"} or None
        Of a query that is a picture: that it is the very picture, or another part of it.
    passage : Passage, optional
        Of a text: what was found in it, which the page quotes.
    caption : str, optional
        The stored caption that matches, which the page quotes too.
    """

    item: Item
    score: float
    relevance: float
    likely: bool
    times: tuple[float, float, float] | None = None
    judged: bool = True
    copy: Copy | None = None
    passage: Passage | None = None
    caption: str | None = None

    @property
    def picture_at(self) -> float | None:
        """The place of the item that its picture shows; None for a whole."""
        if self.passage is not None:
            return float(self.passage.start)
        return self.times[2] if self.times else None


@task_keywords
def search_page(
    answers: Sequence[Answer],
    *,
    query: str,
    library: str,
    encoder: str,
    more: Mapping[str, str] | None = None,
    task: Task = SILENT,
) -> str:
    """The best answers of a search as HTML, up to `MOST_HITS`.

    Parameters
    ----------
    answers : sequence of Answer
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
    shown = answers[:MOST_HITS]
    judged = all(answer.judged for answer in answers)
    certain = sum(answer.likely for answer in shown) if judged else len(shown)
    facts = make_query_facts(query, library, encoder, more or {})
    facts["On this page"] = format_share(len(shown), len(answers))
    pictures = [(answer.item, answer.picture_at) for answer in shown]
    uris = encode_images(pictures, side=_SIDE, task=task)
    cards = [_answer(rank, *pair) for rank, pair in enumerate(zip(shown, uris, strict=True), start=1)]
    chart = _chart(shown) if judged and len(shown) > 1 else None
    body = render("hits.html", chart=chart, certain=cards[:certain], rest=cards[certain:])
    about = _READ_MATCH + _READ_COSINE if judged else _READ_COSINE
    return render_page(title=f"{query} in {library}", about=about, facts=facts, body=body)


@task_keywords
def cluster_page(
    points: Points,
    clusters: Clusters,
    names: Sequence[ClusterName],
    *,
    library: str,
    encoder: str,
    outliers: Sequence[int] = (),
    task: Task = SILENT,
) -> str:
    """Clusters of points with names and pictures, and the outliers among them, as HTML.

    A cluster without a name is titled by the file in its middle.

    Parameters
    ----------
    points : Points
    clusters : Clusters
    names : sequence of ClusterName
    library, encoder : str
        Their names.
    outliers : sequence of int
        Numbers of points.
    task : Task, optional

    Returns
    -------
    str

    Raises
    ------
    Cancelled
    """
    from core.explore.cluster_naming import make_titles
    from core.explore.exemplars import find_medoids

    middles = get_point_names(points, find_medoids(points.vectors, clusters))
    titles = make_titles([name.name for name in names], middles)
    body = cluster_sections(points, clusters, names, titles, outliers, task=task)
    facts = get_page_facts(library, encoder) | format_cluster_facts(clusters, points.first_text)
    return render_page(title=f"Clusters of {library}", about=_READ_CLUSTERS, facts=facts, body=body)


def cluster_sections(
    points: Points,
    clusters: Clusters,
    names: Sequence[ClusterName],
    titles: Sequence[str],
    outliers: Sequence[int] = (),
    *,
    task: Task = SILENT,
) -> Markup:
    """The groups as HTML: each with its name, runners-up, and some pictures; then the outliers."""
    from core.explore.exemplars import find_representatives

    chosen = [
        find_representatives(points.vectors, clusters.members(number), _OF_A_CLUSTER)
        for number in range(clusters.count)
    ]
    chosen.append(np.array(outliers, np.int64))
    numbers = np.concatenate(chosen)
    uris = iter(encode_images(select_shown(points, numbers), side=_SMALL, task=task))
    labels = iter(get_point_names(points, numbers))
    *groups, unusual = [[Card(next(labels), next(uris)) for _ in group] for group in chosen]
    sections = [
        {"title": title, "about": f"{int(size):,} · {name.describe(4)}.", "cards": group}
        for title, name, size, group in zip(titles, names, clusters.sizes, groups, strict=True)
    ]
    return render("clusters.html", sections=sections, outliers=unusual)


def format_cluster_facts(clusters: Clusters, count: int) -> dict[str, str]:
    """Facts for the header: points, clusters with their method, points without a cluster, silhouette. count: first
    points.
    """
    unclustered = int((clusters.labels[:count] < 0).sum())
    facts = {"Points": f"{count:,}", "Clusters": f"{clusters.count:,} by {_METHODS[clusters.method]}"}
    facts |= {"In no cluster": f"{unclustered:,}"} if unclustered else {}
    return facts | ({} if clusters.silhouette is None else {"Silhouette": f"{clusters.silhouette:.2f}"})


def get_page_facts(library: str, encoder: str) -> dict[str, str]:
    """Facts for the header of every page."""
    return {"Library": library, "Encoder": encoder, "Saved": datetime.now().strftime("%d %b %Y, %H:%M")}


def make_query_facts(query: str, library: str, encoder: str, more: Mapping[str, str]) -> dict[str, str]:
    """Facts for the header of a page of search results."""
    return {"Query": query} | get_page_facts(library, encoder) | dict(more)


def format_share(count: int, total: int, noun: str = "") -> str:
    """How much of a result is on the page. noun: what is counted, with a space before it."""
    return f"the first {count:,} of {total:,}{noun}" if count < total else "all"


def select_shown(points: Points, numbers: NDArray[np.int64]) -> list[tuple[Item, float | None]]:
    """Items of points that are not texts; frames with their seconds."""
    shown_s = points.shown_s
    return list(zip(points.items(numbers), [shown_s[number] for number in numbers], strict=True))


def get_point_names(points: Points, numbers: NDArray[np.int64]) -> list[str]:
    """Names of points: of files without folders, of frames with their seconds; texts as they are."""
    paths, kinds, own = points.column("path"), points.column("kind"), points.first_text
    names = []
    for number in numbers.tolist():
        at = points.start_s[number]
        when = "" if np.isnan(at) else f" · {get_modality(str(kinds[number])).describe(float(at))}"
        names.append(points.texts[number - own] if number >= own else Path(str(paths[number])).name + when)
    return names


def make_score_card(name: str, uri: str | None, hit: Answer | Moment, more: str = "") -> Card:
    """A card with match and cosine of a hit. more: further text."""
    percent = round_match(hit.relevance) if hit.judged else None
    return Card(name, uri, " · ".join(filter(None, [describe_match(hit), f"cosine {hit.score:.2f}", more])), percent)


def _answer(rank: int, answer: Answer, uri: str | None) -> Card:
    when = ""
    if answer.passage is not None:
        words = textwrap.shorten(answer.passage.text, _WORDS, placeholder=" …")
        when = f"{answer.passage.where}: {words}" if answer.passage.where else words
    elif answer.times is not None:
        start, end, peak = (get_modality(answer.item.kind).describe(time) for time in answer.times)
        when = f"{start} to {end}, best at {peak}"
    elif answer.caption is not None:
        when = quote_caption(answer.caption)
    return make_score_card(f"{rank}. {Path(answer.item.path).name}", uri, answer, when)


def _chart(answers: Sequence[Answer]) -> dict[str, object]:
    """The match by rank, and where doubt begins."""
    width, height, left, top = 620, 150, 42, 10
    step = (width - left - 6) / len(answers)
    low = height - 24
    bars = []
    for rank, answer in enumerate(answers):
        bar = max(1.0, answer.relevance * (low - top))
        color = "var(--accent)" if answer.likely else "var(--line)"
        sides = {"x": left + rank * step, "y": low - bar, "width": max(0.8, step - 1), "height": bar}
        bars.append({name: f"{side:.1f}" for name, side in sides.items()} | {"color": color})
    ticks = [(f"{low - share * (low - top) + 4:.1f}", f"{share:.0%}") for share in (0, LIKELY, 1)]
    line = f"{low - LIKELY * (low - top):.1f}"
    return {"width": width, "height": height, "left": left, "bars": bars, "line": line, "ticks": ticks}
