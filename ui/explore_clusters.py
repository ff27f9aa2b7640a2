"""The clusters of a map as a list: the picture in the middle of each, its name in words, its size. A click selects."""

from __future__ import annotations

import streamlit as st

from core.atlas import Atlas
from core.errors import MediaError
from core.media.thumbnails import thumbnail
from ui.explore_chosen import Chosen, choose_cluster
from ui.page import counted, plain

_SIDE = 160  # pixels of the kept picture
_HEIGHT = 660


def titles_of(atlas: Atlas) -> list[str]:
    """What each cluster is called, with the names that this visitor gave."""
    return atlas.titles(_renamed(atlas))


def cluster_list(atlas: Atlas, titles: list[str], chosen: Chosen | None) -> None:
    """One row a cluster, largest first."""
    apart = int((atlas.clusters.of[atlas.points.item_rows >= 0] < 0).sum())
    st.markdown(f"**{counted(atlas.clusters.count, 'cluster')}**" + (f", {apart:,} in none" if apart else ""))
    if atlas.clusters.silhouette is not None:
        st.caption(
            f"Silhouette {atlas.clusters.silhouette:.2f}: from -1 to 1, how much nearer each is to its own cluster "
            "than to the next."
        )
    sizes = atlas.clusters.sizes
    with st.container(height=_HEIGHT, border=False, key="cluster_list"):
        for number, title in enumerate(titles):
            active = chosen is not None and chosen.kind == "cluster" and chosen.value == number
            _row(atlas, number, title, int(sizes[number]), active)


def rename_box(atlas: Atlas, number: int, title: str) -> None:
    """Where a visitor calls a cluster something else; the name is kept for the visit, and is proposed as a label."""
    key = f"rename {number}"

    def rename() -> None:
        _renamed(atlas)[number] = (st.session_state[key] or "").strip()
        if not _renamed(atlas)[number]:
            del _renamed(atlas)[number]

    st.text_input(
        "Call it",
        value=title,
        key=key,
        max_chars=80,
        on_change=rename,
        width=260,
        help="For this visit, on the map, in the list and as a label. Empty: its name in words again.",
    )


def _renamed(atlas: Atlas) -> dict[int, str]:
    """The names that a visitor gave to the clusters of this map; gone with it."""
    kept = st.session_state.get("explore renamed")
    if kept is None or kept[0] is not atlas:
        kept = st.session_state["explore renamed"] = (atlas, {})
    return kept[1]


def _row(atlas: Atlas, number: int, title: str, size: int, active: bool) -> None:
    name = atlas.names[number]
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small", key=f"cluster {number}"):
        try:
            st.image(thumbnail(atlas.points.items([atlas.medoids[number]])[0], side=_SIDE), width=64, alt="")
        except MediaError:
            st.markdown(":material/broken_image:", width=64)
        with st.container(gap=None):
            st.button(
                f"{plain(title)} · {size:,}",
                key=f"choose cluster {number}",
                type="primary" if active else "tertiary",
                on_click=choose_cluster,
                args=(number,),
                help="Select it on the map",
            )
            others = ", ".join(plain(each) for each in name.runners_up[:3])
            sure = f"{name.confidence:.0%} sure" if name.name else "no word fits well"
            st.caption(f"{sure}; or {others}" if others else sure)
