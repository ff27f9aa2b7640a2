"""Explore: the library as a map of named clusters that fills the window, with a panel beside it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Encoder, Library
from core.explore.atlas import Atlas, AtlasRequest, count_points
from core.explore.text_places import add_texts
from ui.explore.bar import Bar, draw_bar
from ui.explore.cluster_list import get_titles
from ui.explore.layout_job import get_requested_atlas, offer_refresh, python_lines
from ui.explore.map import find_lit_points, find_matches, make_coloring, show_map
from ui.explore.panel import panel
from ui.explore.selection import cover_form
from ui.explore.selection_state import ExploreState, get_chosen, get_shown
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.session.state import get_state
from ui.widgets.code_block import in_python
from ui.widgets.details import show_details
from ui.widgets.filters import show_nothing_left
from ui.widgets.page_start import start_page
from ui.widgets.query.box import follow_request
from ui.widgets.save_report import save_map

_STYLE = f"<style>{(Path(__file__).parent / 'stage.css').read_text()}</style>"


def page() -> None:
    follow_request()
    st.html(_STYLE)
    at = start_page("There is no library to explore yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    bar = draw_bar(library, encoder, videos=bool(at.facts.searchable.videos))
    count = count_points(library, encoder, bar.request)
    if not count:
        show_nothing_left(bar.request.filters)
        return
    notes = st.container(key="map_notes")
    with notes:  # always there: a changing number of elements above the map would redraw it
        asked = get_requested_atlas(library, encoder, bar.request, count)
    request, atlas = get_shown((str(library.path), encoder.id), bar.request, asked)
    if atlas is not None:
        show(library, encoder, request, atlas, bar, notes)


def show(
    library: Library, encoder: Encoder, request: AtlasRequest, atlas: Atlas, bar: Bar, notes: DeltaGenerator
) -> None:
    """The map and its panel. request: of this map, which is the one before while a new one is laid out."""
    state = get_state(ExploreState)
    base = atlas
    if bar.texts:
        load_encoder(encoder)
        atlas = get_cached("atlas texts", bar.texts, base, lambda: add_texts(base, encoder, bar.texts))
    chosen, numbers = get_chosen(atlas, base)
    titles = get_titles(atlas)
    with st.container(key="explore_stage", horizontal=True, height="stretch"):
        side = st.container(key="map_side", height="stretch")
        aside = st.container(key="map_panel", height="stretch") if bar.panel else None
        with aside or notes:
            terms, result = find_matches(library, encoder, bar.words, request.filters)
            offer_refresh(library, encoder, request, atlas)
            highlighted = find_lit_points(atlas, result)
            coloring = make_coloring(library, encoder, atlas, titles, bar.color, terms)
        with side:
            show_map(atlas, titles, coloring, highlighted, numbers if chosen is not None else None)
        if aside is not None:
            by_cluster = bar.color == "cluster" or (bar.color == "score" and not terms)
            with aside:
                panel(library, encoder, atlas, titles, chosen, numbers, colored=by_cluster)
        if chosen is None or aside is None:
            state.items = []
    with bar.more:
        cover_form(chosen, len(numbers) if chosen is not None else len(atlas.points) - len(atlas.points.texts))
        save_map(library, encoder, request, atlas, titles)
        in_python(python_lines(library, encoder, request, bar.texts))
    opened, state.opened = state.opened, None
    show_details((), [*([opened] if opened else []), *state.items])
