"""Explore: the library as a map, in clusters with names, to look around in and to select from."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.atlas import Asked, Atlas, count_of
from ui.classify_items import nothing_left
from ui.details import show_details
from ui.explore_asked import asked_section
from ui.explore_chosen import chosen_of
from ui.explore_clusters import cluster_list, titles_of
from ui.explore_laid_out import atlas_when_asked, offer_anew, python_lines
from ui.explore_map import colouring_of, lit_points, map_tools, show_map
from ui.explore_selection import cover_button, selection_section
from ui.frame import header
from ui.in_python import in_python
from ui.opened import opened
from ui.page import boundary
from ui.query import go_where_asked
from ui.share_page import save_map

header(
    "Explore",
    "Every point is a picture or video, and points that lie close look alike to the encoder; groups of them are named "
    "in words. Point at one to see it, click to open it, and drag with the lasso or the box to see what lies within.",
)


def page() -> None:
    go_where_asked()
    at = opened("There is no library to explore yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    asked = asked_section(library, encoder, videos=bool(at.facts.searchable.videos))
    count = count_of(library, encoder, asked)
    if count == len(asked.texts):
        nothing_left(asked.filters)
        return
    atlas = atlas_when_asked(library, encoder, asked, count)
    if atlas is not None:
        show(library, encoder, asked, atlas)


def show(library: Library, encoder: Encoder, asked: Asked, atlas: Atlas) -> None:
    terms, result, colour = map_tools(library, encoder, asked.filters)
    chosen, numbers = chosen_of(atlas)
    titles = titles_of(atlas)
    left, right = st.columns([5, 2], gap="medium")
    with left:
        with st.container(key="map_notes"):  # always there: what comes and goes above the map would draw it anew
            offer_anew(library, encoder, asked, atlas)
            lit = lit_points(atlas, result)
            colouring = colouring_of(library, encoder, atlas, titles, colour, terms)
        show_map(atlas, titles, colouring, lit, numbers if chosen is not None else None)
        with st.container(horizontal=True, key="map_actions"):
            cover_button(chosen, len(numbers) if chosen is not None else len(atlas.points) - len(atlas.points.texts))
            save_map(library, encoder, asked, atlas, titles)
    with right:
        cluster_list(atlas, titles, chosen, coloured=colour == "cluster" or (colour == "score" and not terms))
    if chosen is not None:
        selection_section(library, encoder, atlas, titles, chosen, numbers)
    else:
        st.session_state["explore items"] = []
    in_python(python_lines(library, encoder, asked))
    opened = st.session_state.pop("explore opened", None)
    show_details((), [*([opened] if opened else []), *st.session_state["explore items"]])


with boundary():
    page()
