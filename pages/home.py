"""Home: what this is, what is there to search, and a few queries to begin with."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from ui.add import ready, sample_button
from ui.details import open_details, show_details
from ui.frame import header
from ui.gallery import Card, gallery
from ui.jobs import job_panel
from ui.libraries import library_choices, library_facts, some_items
from ui.page import boundary
from ui.query import EXAMPLES, more_like, set_query, was_asked
from ui.sidebar import current_encoder, current_library

header(
    "Search your photos by what they show",
    "Semblance puts pictures and words into one space of vectors, in which near means alike: type what you look for, "
    "or show a picture, and get the photos that come closest. It all happens on this computer; no photo leaves it.",
)


def page() -> None:
    if was_asked():
        st.switch_page("pages/search_images.py", query_params={**st.query_params, "q": st.session_state["q"]})
    library = current_library()
    encoder = current_encoder()
    if library is None:
        st.info(
            "No library yet. The sample photos take a few seconds and need no network.", icon=":material/waving_hand:"
        )
        with boundary():
            sample_button(encoder, primary=True)
        st.page_link("pages/library.py", label="Or make one of your own photos", icon=":material/photo_library:")
        return
    numbers(library, encoder)
    job_panel(library)
    if ready(library, encoder, library_facts(library, encoder)):
        examples()
        look_inside(library, encoder)


def numbers(library: Library, encoder: Encoder) -> None:
    facts = library_facts(library, encoder)
    with st.grid(4, min_column_width=140, key="numbers"):
        st.metric("Libraries", f"{len(library_choices()):,}", border=True)
        st.metric("Pictures here", f"{facts.ok:,}", border=True)
        st.metric("Searchable", f"{facts.searchable:,}", border=True, help="Have vectors of the encoder in use.")
        st.metric(
            "Dimensions", f"{encoder.dim:,}", border=True, help=f"Numbers a picture, by the encoder {encoder.name}."
        )


def examples() -> None:
    st.markdown("Try one of these:")
    with st.container(horizontal=True, key="examples"):
        for example in EXAMPLES:
            st.button(example, icon=":material/search:", on_click=set_query, args=(example,))


def look_inside(library: Library, encoder: Encoder) -> None:
    st.subheader("A look inside", anchor=False)
    items = some_items(library, encoder, 12)
    gallery([Card(item) for item in items], key="home_gallery", on_open=open_details, on_like=more_like)
    show_details((), items)


with boundary():
    page()
