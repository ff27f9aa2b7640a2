"""Home: counts of the library and example queries."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import Encoder, Library
from core.media.modalities import PICTURE, VIDEO
from core.policy import get_policy
from ui.components.gallery.gallery import Card, gallery
from ui.errors import boundary
from ui.jobs.jobs import job_panel
from ui.session.current import current_encoder, current_library
from ui.session.libraries import LibraryFacts, library_choices, library_facts, sample_items
from ui.text import counted, duration_text
from ui.widgets.details import open_details, show_details
from ui.widgets.page_start import ready, sample_button
from ui.widgets.query.box import EXAMPLES, find_in, follow_request, more_like, set_query


def page() -> None:
    follow_request()
    library = current_library()
    encoder = current_encoder()
    if library is None:
        st.info(
            "No library yet."
            + (" The sample photos and clips take half a minute and need no network." * get_policy().may_write_shared),
            icon=":material/waving_hand:",
        )
        with boundary():
            sample_button(primary=True)
        st.page_link(
            "pages/library.py", label="Or create one from your own photos and videos", icon=":material/photo_library:"
        )
        return
    facts = library_facts(library, encoder)
    numbers(facts, encoder)
    job_panel(library)
    if ready(library, encoder, facts):
        examples()
        look_inside(library, encoder, facts)


def numbers(facts: LibraryFacts, encoder: Encoder) -> None:
    others = facts.here.others
    with st.grid(4 + len(others), min_column_width=140, key="numbers"):
        st.metric("Libraries", f"{len(library_choices()):,}", border=True)
        st.metric("Pictures here", f"{facts.here.pictures:,}", border=True)
        length = duration_text(facts.video_seconds)
        st.metric("Videos here", f"{facts.here.videos:,}", border=True, help=f"{length} of video.")
        for modality in others:
            st.metric(f"{modality.plural.capitalize()} here", f"{facts.here.counts[modality.name]:,}", border=True)
        st.metric(
            "Dimensions", f"{encoder.dim:,}", border=True, help=f"Numbers per vector of the encoder {encoder.name}."
        )


def examples() -> None:
    st.markdown("Try one of these:")
    with st.container(horizontal=True, key="examples"):
        for example in EXAMPLES:
            st.button(example, icon=":material/search:", on_click=set_query, args=(example,))


def look_inside(library: Library, encoder: Encoder, facts: LibraryFacts) -> None:
    st.subheader("A look inside", anchor=False)
    videos = sample_items(library, encoder, 6, VIDEO.name)
    items = [*videos, *sample_items(library, encoder, 12 - len(videos), PICTURE.name)]
    items += [item for modality in facts.searchable.others for item in sample_items(library, encoder, 6, modality.name)]
    find = partial(find_in, place="video") if videos else None
    gallery([Card(item) for item in items], key="home_gallery", on_open=open_details, on_like=more_like, on_videos=find)
    if videos:
        label = f"Search in {counted(facts.searchable.videos, 'video')}"
        st.page_link("pages/search_video.py", label=label, icon=":material/video_search:")
    show_details((), items, videos=bool(videos))
