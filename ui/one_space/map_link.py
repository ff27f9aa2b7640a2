"""The way to the map of Explore, with words of one's own among the pictures and videos."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from core import Encoder, Library
from core.explore.projection import Method
from core.geometry.modality_gap import find_fitting_words
from core.library.points import Unit
from ui.session.cache import get_cached
from ui.session.libraries import library_facts
from ui.widgets.query.default_terms import ready_words

_WORDS = 12
_METHODS: dict[Method, str] = {"umap": "UMAP", "pca": "PCA", "tsne": "t-SNE"}


def map_section(library: Library, encoder: Encoder) -> str:
    """The words and the layout, which the link to the map takes along; returns the lines of Python."""
    words = _words(library, encoder)
    with st.container(horizontal=True, vertical_alignment="bottom", key="space_tools"):
        method: Method = st.segmented_control(
            "Layout", list(_METHODS), default="umap", required=True, key="method", bind="query-params",
            format_func=_METHODS.__getitem__,
            help="PCA is a linear projection. UMAP and t-SNE keep neighbors together and distort the rest.",
        )  # fmt: skip
        of: Unit = "items"
        if library_facts(library, encoder).searchable.videos:
            of = st.segmented_control(
                "Videos as", get_args(Unit), default="items", required=True, key="of", bind="query-params",
                format_func=lambda entry: "whole videos" if entry == "items" else "frames",
            )  # fmt: skip
    link = {name: st.query_params[name] for name in ("library", "encoder") if name in st.query_params}
    link |= {"texts": "\n".join(words), "layout": _METHODS[method]}
    if of == "frames":
        link["of"] = "every frame"
    st.page_link(
        "pages/explore.py", label="See them among the pictures, on the map", icon=":material/scatter_plot:",
        query_params=link,
    )  # fmt: skip
    return f"""from core.explore.atlas import AtlasRequest, build_atlas
from core.explore.text_places import add_texts

atlas = build_atlas(library, encoder, AtlasRequest(of={of!r}, layout={method!r}))
atlas = add_texts(atlas, encoder, {list(words)!r})
print(atlas.points.names, atlas.places)
"""


def _words(library: Library, encoder: Encoder) -> tuple[str, ...]:
    ready_words(encoder)
    index = library.index(encoder)
    fitting = get_cached("fitting", encoder.id, index, lambda: find_fitting_words(encoder, index.background, _WORDS))
    text = st.text_area(
        "Words, separated by commas", key="words", bind="query-params", max_chars=2_000, height=90,
        placeholder=", ".join(fitting),
        help="If empty: those of some 1,500 reference phrases that fit most pictures of this library once the gap is "
        "closed.",
    )  # fmt: skip
    typed = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    return typed or fitting
