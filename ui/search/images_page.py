"""Search images, and other kinds than videos: query with words and pictures, get ranked items."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import Encoder, Library
from core.media.modalities import VIDEO, get_modality
from core.media.modality import Modality
from ui.components.gallery.gallery import Card, gallery
from ui.search.examples import examples
from ui.search.item_search import item_search
from ui.search.kind_switch import kind_switch
from ui.session.libraries import sample_items
from ui.widgets.details import open_details, show_details
from ui.widgets.filters import filter_panel, option_panel
from ui.widgets.page_start import start_page
from ui.widgets.query.box import (
    add_panels,
    find_in,
    follow_request,
    more_like,
    query_box,
)


def page() -> None:
    at = start_page("There is no library to search yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    kinds = at.facts.searchable.kinds
    if kinds == [VIDEO]:
        st.info("This library holds videos only.", icon=":material/movie:")
        link = {name: st.query_params[name] for name in ("library", "q") if name in st.query_params}
        st.page_link("pages/search_video.py", label="Search them", icon=":material/arrow_forward:", query_params=link)
    else:
        search_section(library, encoder, kinds)


def search_section(library: Library, encoder: Encoder, kinds: Sequence[Modality]) -> None:
    """kinds: all that the library has."""
    videos = VIDEO in kinds
    query_box()
    with st.container(horizontal=True, vertical_alignment="center", key="query_tools"):
        chosen = kind_switch(kinds, "images", next(modality.name for modality in kinds if modality is not VIDEO))
        follow_request("images")
        kind = get_modality(chosen)
        add_panels("images")
        filters = filter_panel(library, encoder, kind.name)
        options = option_panel(library, encoder)
    item_search(library, encoder, filters, options, videos=videos, start=lambda: start(library, encoder, kind, videos))


def start(library: Library, encoder: Encoder, kind: Modality, videos: bool) -> None:
    with st.container(horizontal=True, key="examples"):
        examples(library, encoder, "images")
    st.markdown(f"Type what you look for, or start from a {kind.title} of the library:")
    items = sample_items(library, encoder, 24, kind.name)
    find = partial(find_in, place="video") if videos else None
    gallery(
        [Card(item) for item in items], key="start_gallery", on_open=open_details, on_like=more_like, on_videos=find
    )
    show_details((), items, videos=videos)
