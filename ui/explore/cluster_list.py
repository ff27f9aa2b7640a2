"""The list of clusters: the central picture of each, its name and size. A click selects a cluster."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import streamlit as st

from core.explore.atlas import Atlas
from core.explore.colors import get_color
from ui.components.gallery.gallery import RETRY, thumbnails
from ui.explore.selection_state import ExploreState, SelectionState, choose_cluster
from ui.server.media_url import get_image_urls
from ui.session.cache import get_cached
from ui.session.state import get_state
from ui.text import counted

_SIDE = 160  # pixels of a picture, as on the map
_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "semblance_clusters",
    html="<ul role='list' aria-label='Clusters'></ul>",
    css=(_FOLDER / "cluster_list.css").read_text(),
    js=RETRY + (_FOLDER / "cluster_list.js").read_text(),
)


def get_titles(atlas: Atlas) -> list[str]:
    """The names of the clusters, including those that this visitor gave."""
    return atlas.titles(_renamed())


def cluster_list(atlas: Atlas, titles: list[str], chosen: SelectionState | None, *, colored: bool) -> None:
    """One row per cluster, largest first; a click selects it. colored: whether the map is colored by cluster."""
    unclustered = int((atlas.clusters.labels[atlas.points.item_rows >= 0] < 0).sum())
    score = atlas.clusters.silhouette
    st.markdown(
        f"**{counted(atlas.clusters.count, 'cluster')}**{f', {unclustered:,} in none' if unclustered else ''}"
        + ("" if score is None else f" · silhouette {score:.2f}"),
        help="Silhouette, -1 to 1: how much closer each picture is to its own cluster than to the next; 0.1 to 0.3 is "
        "usual for photos. The percentage of a name: how well it describes the cluster and nothing else.",
    )
    pictures = get_image_urls(get_cached("cluster pictures", None, atlas, lambda: _pictures(atlas)), "cluster_list")
    picked = chosen.value if chosen is not None and chosen.kind == "cluster" else None
    colors = dict(zip(dict.fromkeys(titles), map(get_color, range(len(titles))), strict=False)) if colored else {}
    rows = [
        _row(atlas, number, title, pictures[number], colors.get(title), number == picked)
        for number, title in enumerate(titles)
    ]
    token = hashlib.blake2b(json.dumps(rows).encode(), digest_size=8).hexdigest()

    def choose() -> None:
        number = st.session_state["cluster_list"].get("choose")
        if isinstance(number, int) and 0 <= number < atlas.clusters.count:
            choose_cluster(number)

    _COMPONENT(
        key="cluster_list", data={"token": token, "rows": rows, "short": chosen is not None}, on_choose_change=choose
    )


def rename_box(number: int, title: str) -> None:
    """A box to rename a cluster for this session; the name is also the proposed label."""
    key = f"rename {number}"

    def rename() -> None:
        _renamed()[number] = (st.session_state[key] or "").strip()
        if not _renamed()[number]:
            del _renamed()[number]

    st.text_input(
        "Name",
        value=title,
        key=key,
        max_chars=80,
        on_change=rename,
        width=260,
        help="For this visit: on the map, in the list and as a label. Empty: the automatic name.",
    )


def _renamed() -> dict[int, str]:
    """The names that a visitor gave to the clusters of the map, discarded with it."""
    return get_state(ExploreState).names


def _pictures(atlas: Atlas) -> list[bytes | None]:
    items = atlas.points.items(atlas.medoids)
    shown_s = atlas.points.shown_s
    seconds = [shown_s[number] for number in atlas.medoids]
    return thumbnails(zip(items, seconds, strict=True), _SIDE)


def _row(atlas: Atlas, number: int, title: str, picture: str | None, color: str | None, chosen: bool) -> dict[str, Any]:
    name = atlas.names[number]
    return {
        "number": number,
        "name": title,
        "size": f"{int(atlas.clusters.sizes[number]):,}",
        "about": name.describe(3),
        "src": picture,
        "colour": color,
        "chosen": chosen,
    }
