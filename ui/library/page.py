"""Library: add files, see problems, and manage libraries."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.policy import get_policy
from core.utils.timecode import format_timecode
from ui.errors import boundary
from ui.jobs.jobs import get_job, job_panel
from ui.jobs.map_job import map_job_panel
from ui.library.add_dataset import add_dataset, dataset_report
from ui.library.add_files import add_folder, add_uploads
from ui.library.manage import (
    check_button,
    encoder_section,
    library_section,
    outdated_note,
    problem_section,
    remove_button,
    weights_note,
)
from ui.session.current import current_encoder, current_library
from ui.session.libraries import LibraryFacts, library_facts, may_change
from ui.snippets.library import library_lines
from ui.text import size_text
from ui.widgets.code_block import in_python
from ui.widgets.page_start import sample_button
from ui.widgets.summary.button import folder_summary_button
from ui.widgets.vector_exchange import export_section, import_section


def page() -> None:
    library = current_library()
    encoder = current_encoder()
    if library is None:
        nothing_yet()
        return
    facts = library_facts(library, encoder)
    numbers(library, facts)
    job_panel(library)
    map_job_panel(library)
    dataset_report(library)
    if may_change(library):
        st.subheader("Add photos and videos", anchor=False)
        add(library, encoder)
    else:
        st.info(
            "This library is shared and read-only. For your own photos and videos, start one for this visit below.",
            icon=":material/lock:",
        )
    problems = facts.failed + facts.missing + facts.damaged
    with (
        st.expander(
            f"Problems ({problems:,})", icon=":material/report:", expanded=bool(problems) and not get_job(library)
        ),
        boundary(),
    ):
        problem_section(library, facts)
        if not problems:
            st.caption("None: every file is there and could be read.")
    with st.expander("Encoders", icon=":material/deployed_code:"), boundary():
        encoder_section(library, encoder, facts)
    with st.expander("Export and import", icon=":material/import_export:"), boundary():
        export_section(library, encoder)
        st.divider()
        import_section(library)
    with st.expander("Other libraries", icon=":material/photo_library:", expanded=not may_change(library)):
        library_section()
        sample_button(primary=False)
    in_python(library_lines(library, encoder))


def add(library: Library, encoder: Encoder) -> None:
    if not get_policy().may_see_paths:
        with boundary():
            add_uploads(library, encoder)
        return
    folder, uploads, dataset = st.tabs(["Folder on this computer", "Upload", "Dataset"], key="add_by")
    with folder, boundary():
        add_folder(library, encoder)
    with uploads, boundary():
        add_uploads(library, encoder)
    with dataset, boundary():
        add_dataset(library, encoder)


def nothing_yet() -> None:
    samples = "Start with the sample photos and clips, or create" if get_policy().may_write_shared else "Create"
    st.info(f"There is no library yet. {samples} one from your own photos and videos.", icon=":material/waving_hand:")
    with boundary():
        sample_button(primary=True)
    library_section()


def numbers(library: Library, facts: LibraryFacts) -> None:
    others = facts.here.others
    with st.grid(5 + len(others), min_column_width=130, key="numbers"):
        st.metric("Pictures", f"{facts.here.pictures:,}", border=True)
        st.metric("Videos", f"{facts.here.videos:,}", border=True)
        for modality in others:
            st.metric(modality.plural.capitalize(), f"{facts.here.counts[modality.name]:,}", border=True)
        st.metric("Video time", format_timecode(facts.video_seconds), border=True, help="Hours, minutes and seconds.")
        st.metric("Problems", f"{facts.failed + facts.missing + facts.damaged:,}", border=True)
        st.metric("On disk", size_text(library.size_bytes()), border=True, help="Vectors and uploads, not your files.")
    with st.container(horizontal=True):
        check_button(library, current_encoder())
        folder_summary_button(library, current_encoder(), disabled=not facts.searchable)
        remove_button(library)
    outdated_note(library)
    weights_note(library, current_encoder())
