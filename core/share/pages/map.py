"""A map of a library as a page in one file: points with names, pictures and a legend of clusters."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.errors import DataError
from core.explore.atlas import Atlas
from core.explore.colors import NEUTRAL, get_color
from core.progress import SILENT, Task
from core.share.pages.page import render, render_page
from core.share.pages.search import (
    cluster_sections,
    format_cluster_facts,
    get_page_facts,
    get_point_names,
    select_shown,
)
from core.share.pages.thumbnails import encode_images

MOST_POINTS = 50_000
MOST_PICTURES = 800  # that appear on hover
_SIDE = 112  # pixels of them
_NAMELESS = "in no cluster"
_TEXTS = "texts"
_ABOUT = (
    "Every point is a picture, a video or a text; close points are similar to the encoder, and groups have names. "
    "Hover over a point to see it, drag to move, use the wheel or two fingers to zoom, click a name to see its group."
)


@task_keywords
def map_page(
    atlas: Atlas,
    titles: Sequence[str],
    *,
    library: str,
    encoder: str,
    layout: str,
    more: Mapping[str, str] | None = None,
    task: Task = SILENT,
) -> str:
    """A map as HTML, with its legend and its clusters.

    Of a 3-D map, the first two dimensions are shown. Up to `MOST_PICTURES` points, spread over all clusters, have a
    picture.

    Parameters
    ----------
    atlas : Atlas
    titles : sequence of str
        Of the clusters.
    library, encoder, layout : str
        Their names.
    more : mapping of str to str, optional
        Further facts, such as filters.
    task : Task, optional

    Returns
    -------
    str

    Raises
    ------
    DataError
        There are more than `MOST_POINTS` points.
    Cancelled
    """
    points, of = atlas.points, atlas.clusters.labels
    if len(points) > MOST_POINTS:
        raise DataError(f"A page holds at most {MOST_POINTS:,} points, not {len(points):,}: set filters first.")
    numbers = _with_pictures(atlas)
    uris = encode_images(select_shown(points, numbers), side=_SIDE, task=task)
    pictures = {str(number): uri for number, uri in zip(numbers.tolist(), uris, strict=True) if uri}
    groups = cluster_sections(points, atlas.clusters, atlas.names, titles, task=task)
    facts = get_page_facts(library, encoder) | {"Layout": layout}
    own = points.first_text
    facts |= format_cluster_facts(atlas.clusters, own) | dict(more or {})
    if points.texts:
        facts["Texts"] = f"{len(points.texts):,}"
    if len(pictures) < own:
        facts["With a picture"] = f"{len(pictures):,} of {own:,} points"
    label = f"A map of {len(points):,} points in {atlas.clusters.count:,} clusters"
    legend = _legend(titles, atlas.clusters.sizes, int((of[:own] < 0).sum()), len(points.texts))
    body = render("map.html", label=label, legend=legend, clusters=groups)
    return render_page(
        title=f"Map of {library}",
        about=_ABOUT,
        facts=facts,
        body=body,
        data=_data(atlas, titles, pictures),
        script="page_map.js",
    )


def _with_pictures(atlas: Atlas) -> NDArray[np.int64]:
    """Points with a picture: from each cluster in turn, the medoid first, then random ones."""
    own = np.flatnonzero(atlas.points.item_rows >= 0)
    if len(own) <= MOST_PICTURES:
        return own
    rng = np.random.default_rng(0)
    turn = np.empty(len(own))  # which place each has in its own cluster
    for number in np.unique(atlas.clusters.labels[own]):
        members = np.flatnonzero(atlas.clusters.labels[own] == number)
        turn[rng.permutation(members)] = np.arange(len(members))
    turn[np.isin(own, atlas.medoids)] = -1
    return np.sort(own[np.argsort(turn, kind="stable")[:MOST_PICTURES]])


def _legend(
    titles: Sequence[str], sizes: NDArray[np.int64], unclustered: int, texts: int
) -> list[tuple[int, str, str, str]]:
    """Number, title, color and size of each group."""
    rows = [
        (number, title, get_color(number), f"{int(size):,}")
        for number, (title, size) in enumerate(zip(titles, sizes, strict=True))
    ]
    rows += [(len(titles), _TEXTS, get_color(len(titles)), f"{texts:,}")] if texts else []
    return rows + ([(-1, _NAMELESS, NEUTRAL, f"{unclustered:,}")] if unclustered else [])


def _data(atlas: Atlas, titles: Sequence[str], pictures: Mapping[str, str]) -> dict[str, object]:
    """What the script draws. Places as float32 pairs, groups as int16, both in base64; the texts are a group after the
    clusters, and each shows its words."""
    own, count = atlas.points.first_text, atlas.clusters.count
    of = np.where(np.arange(len(atlas.points)) < own, atlas.clusters.labels, count)
    places = np.ascontiguousarray(atlas.places[:, :2], "<f4")
    low, high = (np.quantile(places, share, axis=0) for share in (0.002, 0.998))
    middles = [_middle(atlas, number) for number in range(count)]
    clusters = [
        {"name": title, "colour": get_color(number), "middle": middle}
        for number, (title, middle) in enumerate(zip(titles, middles, strict=True))
    ]
    if own < len(of):
        clusters.append({"name": _TEXTS, "colour": get_color(count), "middle": -1})
    return {
        "places": base64.b64encode(places.tobytes()).decode(),
        "of": base64.b64encode(of.astype("<i2").tobytes()).decode(),
        "middle": ((low + high) / 2).tolist(),
        "span": np.maximum(high - low, 0.05).tolist(),
        "names": get_point_names(atlas.points, np.arange(len(atlas.points))),
        "clusters": clusters,
        "texts": list(range(own, len(atlas.points))),
        "pictures": pictures,
        "grey": NEUTRAL,
        "nameless": _NAMELESS,
    }


def _middle(atlas: Atlas, number: int) -> int:
    """The point at which the name of a cluster stands."""
    members = atlas.clusters.members(number)
    return int(members[np.argmin(((atlas.places[members] - atlas.middles[number]) ** 2).sum(axis=1))])
