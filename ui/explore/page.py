"""Explore: the library as a map of named clusters."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.explore.atlas import Atlas, AtlasRequest, count_points
from ui.explore.cluster_list import cluster_list, get_titles
from ui.explore.layout_job import get_requested_atlas, offer_refresh, python_lines
from ui.explore.map import find_lit_points, make_coloring, map_tools, show_map
from ui.explore.selection import cover_button, selection_section
from ui.explore.selection_state import ExploreState, get_chosen
from ui.explore.settings import request_section
from ui.session.state import get_state
from ui.widgets.code_block import in_python
from ui.widgets.details import show_details
from ui.widgets.filters import show_nothing_left
from ui.widgets.page_start import start_page
from ui.widgets.query.box import follow_request
from ui.widgets.save_report import save_map


def page() -> None:
    follow_request()
    at = start_page("There is no library to explore yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    request = request_section(library, encoder, videos=bool(at.facts.searchable.videos))
    count = count_points(library, encoder, request)
    if count == len(request.texts):
        show_nothing_left(request.filters)
        return
    atlas = get_requested_atlas(library, encoder, request, count)
    if atlas is not None:
        show(library, encoder, request, atlas)


def show(library: Library, encoder: Encoder, request: AtlasRequest, atlas: Atlas) -> None:
    terms, result, color = map_tools(library, encoder, request.filters)
    state = get_state(ExploreState)
    chosen, numbers = get_chosen(atlas)
    titles = get_titles(atlas)
    left, right = st.columns([5, 2], gap="medium")
    with left:
        with st.container(key="map_notes"):  # always there: a changing number of elements above the map would redraw it
            offer_refresh(library, encoder, request, atlas)
            highlighted = find_lit_points(atlas, result)
            coloring = make_coloring(library, encoder, atlas, titles, color, terms)
        show_map(atlas, titles, coloring, highlighted, numbers if chosen is not None else None)
        with st.container(horizontal=True, key="map_actions"):
            cover_button(chosen, len(numbers) if chosen is not None else len(atlas.points) - len(atlas.points.texts))
            save_map(library, encoder, request, atlas, titles)
    with right:
        cluster_list(atlas, titles, chosen, colored=color == "cluster" or (color == "score" and not terms))
    if chosen is not None:
        selection_section(library, encoder, atlas, titles, chosen, numbers)
    else:
        state.items = []
    in_python(python_lines(library, encoder, request))
    opened, state.opened = state.opened, None
    show_details((), [*([opened] if opened else []), *state.items])
