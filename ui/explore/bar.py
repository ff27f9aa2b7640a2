"""The bar above the map: words to highlight, and pop-ups with the settings, all of which live in the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Encoder, Library
from core.explore.atlas import AtlasRequest
from core.explore.clustering import Method as ClusterMethod
from core.explore.projection import Method
from core.library.points import Unit
from ui.explore.selection_state import choose_near
from ui.widgets.filters import filter_panel

Color = Literal["cluster", "label", "kind", "folder", "date", "score"]
_OF: dict[str, Unit] = {"whole videos": "items", "every frame": "frames"}
_LAYOUTS: dict[str, Method] = {"UMAP": "umap", "PCA": "pca", "t-SNE": "tsne"}
_LAYOUT_HELP = (
    "UMAP and t-SNE keep neighbors together: close means similar, but large distances mean little. PCA shows the "
    "directions in which the library varies most; it is instant, and distances keep their meaning."
)
_GROUPINGS: dict[str, ClusterMethod] = {"k-means": "kmeans", "HDBSCAN": "hdbscan", "agglomerative": "agglomerative"}
_GROUPING_HELP = (
    "k-means and agglomerative put every item into a cluster; HDBSCAN finds dense groups and leaves the rest out. All "
    "group the vectors, not the points of the map."
)
_MOST_TEXTS = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """What the bar says. words: to highlight. texts: to put on the map. panel: whether the panel is shown.

    more: the pop-up for what can be done with the map.
    """

    request: AtlasRequest
    words: str
    color: Color
    texts: tuple[str, ...]
    panel: bool
    more: DeltaGenerator


def draw_bar(library: Library, encoder: Encoder, *, videos: bool) -> Bar:
    """Draws the bar. videos: whether the library has any."""
    with st.container(horizontal=True, vertical_alignment="center", key="explore_bar"):
        words = st.text_input(
            "Highlight",
            key="light",
            bind="query-params",
            type="search",
            placeholder="Highlight: a dog on a beach",
            label_visibility="collapsed",
            width=260,
        )
        color, of, layout, dims = _view(videos=videos)
        grouping, k = _grouping()
        texts = _texts()
        filters = filter_panel(library, encoder, None)
        more = st.popover("More", icon=":material/more_horiz:", key="explore_more")
        panel = st.toggle("Panel", value=True, key="panel", bind="query-params")
    request = AtlasRequest(of, filters, (), layout, dims, grouping, k)
    return Bar(request, (words or "").strip(), color, texts, panel, more)


def _view(*, videos: bool) -> tuple[Color, Unit, Method, int]:
    with st.popover("View", icon=":material/scatter_plot:", key="explore_view"):
        color = st.selectbox("Color by", get_args(Color), key="colour", bind="query-params")
        layout = st.segmented_control(
            "Layout",
            list(_LAYOUTS),
            default="UMAP",
            required=True,
            key="layout",
            bind="query-params",
            help=_LAYOUT_HELP,
        )
        space = st.segmented_control(
            "Dimensions", ["2-D", "3-D"], default="2-D", required=True, key="space", bind="query-params"
        )
        of: Unit = "items"
        if videos:
            names = list(_OF)
            of = _OF[st.selectbox("Points", names, key="of", bind="query-params") or names[0]]
    return color or "cluster", of, _LAYOUTS[layout or "UMAP"], 3 if space == "3-D" else 2


def _grouping() -> tuple[ClusterMethod, int | None]:
    with st.popover("Clusters", icon=":material/bubble_chart:"):
        method = st.radio(
            "Method",
            list(_GROUPINGS),
            key="grouping",
            bind="query-params",
            help=_GROUPING_HELP,
        )
        k = st.number_input(
            "How many",
            1,
            200,
            value=None,
            key="k",
            bind="query-params",
            placeholder="automatic",
            disabled=method == "HDBSCAN",
            help="Empty: the number with the best silhouette.",
        )
    grouping = _GROUPINGS[method or "k-means"]
    return grouping, None if grouping == "hdbscan" or k is None else int(k)


def _texts() -> tuple[str, ...]:
    count = len(_lines())
    with st.popover(f"Texts ({count})" if count else "Texts", icon=":material/text_fields:", key="explore_texts"):
        st.text_area(
            "Texts to put on the map, one per line",
            key="texts",
            bind="query-params",
            height=140,
            placeholder="a dog running on grass\npeople at a table",
            on_change=_show_last,
            help="Each stands among the pictures nearest to it. Click one on the map to see them.",
        )
    return _lines()


def _lines() -> tuple[str, ...]:
    text = st.session_state.get("texts") or ""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))[:_MOST_TEXTS]


def _show_last() -> None:
    if lines := _lines():
        choose_near(len(lines) - 1)
