"""Settings of the map, which live in the link."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.explore.atlas import AtlasRequest
from core.explore.clustering import Method as ClusterMethod
from core.explore.projection import Method
from core.library.points import Unit
from ui.text import counted, plain
from ui.widgets.filters import filter_panel, filter_text

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


def request_section(library: Library, encoder: Encoder, *, videos: bool) -> AtlasRequest:
    """The row of settings."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="explore_settings"):
        of: Unit = "items"
        if videos:
            names = list(_OF)
            of = _OF[st.selectbox("Points", names, key="of", bind="query-params", width=150) or names[0]]
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
        grouping, k = _grouping()
        texts = _texts()
        filters = filter_panel(library, encoder, None)
    if limits := filter_text(filters):
        st.caption(f"Filtered: {plain(limits)}.")
    if texts:
        st.caption(
            f"{counted(len(texts), 'text')} among the pictures; clusters contain pictures only.",
            help="Texts and pictures lie in different regions of the space. The mean of each kind is subtracted, which "
            "closes this modality gap.",
        )
    return AtlasRequest(of, filters, texts, _LAYOUTS[layout or "UMAP"], 3 if space == "3-D" else 2, grouping, k)


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
    given = st.session_state.get("texts") or ""
    count = sum(bool(line.strip()) for line in given.splitlines())
    with st.popover(f"Texts ({count})" if count else "Texts", icon=":material/text_fields:"):
        text = st.text_area(
            "Texts to put on the map, one per line",
            key="texts",
            bind="query-params",
            height=140,
            placeholder="a dog running on grass\npeople at a table",
        )
    lines = dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip())
    return tuple(lines)[:_MOST_TEXTS]
