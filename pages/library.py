"""Library: what is searched, how it gets there, and what went wrong on the way."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from ui.add import add_folder, add_uploads, sample_button
from ui.frame import header
from ui.jobs import job_of, job_panel
from ui.libraries import LibraryFacts, library_facts
from ui.manage import check_button, encoder_section, library_section, problem_section, remove_button
from ui.page import boundary, size_text
from ui.sidebar import current_encoder, current_library

header(
    "Library",
    "A library knows your photos by their vectors; the photos themselves stay where they are. Add a folder or upload "
    "some, and follow the work here: it goes on while you search or close the tab.",
)


def page() -> None:
    library = current_library()
    encoder = current_encoder()
    if library is None:
        nothing_yet(encoder)
        return
    facts = library_facts(library, encoder)
    numbers(library, facts)
    job_panel(library)
    st.subheader("Add photos", anchor=False)
    folder, uploads = st.tabs(["A folder on this computer", "Upload"])
    with folder, boundary():
        add_folder(library, encoder)
    with uploads, boundary():
        add_uploads(library, encoder)
    problems = facts.failed + facts.missing
    with (
        st.expander(
            f"Problems ({problems:,})", icon=":material/report:", expanded=bool(problems) and not job_of(library)
        ),
        boundary(),
    ):
        problem_section(library, facts)
        if not problems:
            st.caption("None: every file could be read and is where it was.")
    with st.expander("Encoders", icon=":material/deployed_code:"), boundary():
        encoder_section(library, encoder, facts)
    with st.expander("Other libraries", icon=":material/photo_library:"):
        library_section()
        sample_button(encoder, primary=False)


def nothing_yet(encoder: Encoder) -> None:
    st.info(
        "There is no library yet. Start with the sample photos, or make one for your own.",
        icon=":material/waving_hand:",
    )
    with boundary():
        sample_button(encoder, primary=True)
    library_section()


def numbers(library: Library, facts: LibraryFacts) -> None:
    with st.grid(4, min_column_width=140, key="numbers"):
        st.metric("Pictures", f"{facts.ok:,}", border=True)
        st.metric("Searchable", f"{facts.searchable:,}", border=True, help="Have vectors of the encoder in use.")
        st.metric("Problems", f"{facts.failed + facts.missing:,}", border=True)
        st.metric("On disk", size_text(library.size_bytes()), border=True, help="Vectors and uploads, not your photos.")
    with st.container(horizontal=True):
        check_button(library, current_encoder())
        remove_button(library)


with boundary():
    page()
