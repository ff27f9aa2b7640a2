"""Search images: query with words and pictures, get ranked pictures."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import Encoder, Library
from core.errors import QueryError
from ui.components.gallery.gallery import Card, gallery
from ui.search.image_results import show_results
from ui.session.libraries import sample_items
from ui.snippets.search import search_lines
from ui.text import plain
from ui.widgets.code_block import in_python
from ui.widgets.details import open_details, show_details
from ui.widgets.filters import filter_panel, option_panel
from ui.widgets.image_search import find
from ui.widgets.page_start import start_page
from ui.widgets.query_box import (
    EXAMPLES,
    add_panels,
    find_in,
    follow_request,
    more_like,
    query_box,
    query_terms,
    set_query,
)
from ui.widgets.query_terms import term_editor
from ui.widgets.query_uploads import embed_uploads


def page() -> None:
    at = start_page("There is no library to search yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    if not at.facts.searchable.pictures:
        st.info("This library holds videos only.", icon=":material/movie:")
        link = {name: st.query_params[name] for name in ("library", "q") if name in st.query_params}
        st.page_link("pages/search_video.py", label="Search them", icon=":material/arrow_forward:", query_params=link)
    else:
        search_section(library, encoder, videos=bool(at.facts.searchable.videos))


def search_section(library: Library, encoder: Encoder, *, videos: bool) -> None:
    query_box()
    with st.container(horizontal=True, key="query_tools"):
        add_panels("images")
        filters = filter_panel(library, encoder, "image")
        options = option_panel(encoder)
    try:
        follow_request("images")
        terms = query_terms()
        if not terms:
            start(library, encoder, videos)
            return
        term_editor(library, terms)
        embed_uploads(encoder, terms)
        result = find(library, encoder, terms, filters, options)
    except QueryError as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return
    show_results(library, encoder, terms, filters, result, videos=videos)
    in_python(search_lines(library, encoder, terms, filters, options))
    show_details(result.hits, videos=videos)


def start(library: Library, encoder: Encoder, videos: bool) -> None:
    st.markdown("Try one of these:")
    with st.container(horizontal=True, key="examples"):
        for example in EXAMPLES:
            st.button(example, on_click=set_query, args=(example,))
    st.markdown("Or start from a picture of the library:")
    items = sample_items(library, encoder, 24, "image")
    find = partial(find_in, place="video") if videos else None
    gallery(
        [Card(item) for item in items], key="start_gallery", on_open=open_details, on_like=more_like, on_videos=find
    )
    show_details((), items, videos=videos)
