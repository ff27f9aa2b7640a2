"""Clean up: find files that a library can do without, choose them, and export a list."""

from __future__ import annotations

import streamlit as st

from ui.cleanup.duplicates import duplicates_section, leaks_section
from ui.cleanup.outliers import outliers_section, unreadable_section
from ui.cleanup.quality import blurred_section, dark_section, small_section
from ui.cleanup.selection import apply_link, show_choice_bar
from ui.errors import boundary
from ui.jobs.jobs import job_panel
from ui.session.current import current_encoder, current_library
from ui.snippets.sort import clean_lines
from ui.widgets.code_block import in_python
from ui.widgets.page_start import no_library
from ui.widgets.query.box import follow_request

_SECTIONS = {
    "Duplicates": duplicates_section,
    "Outliers": outliers_section,
    "Unreadable": unreadable_section,
    "Too small": small_section,
    "Blurred": blurred_section,
    "Too dark": dark_section,
    "Two folders": leaks_section,
}


def page() -> None:
    follow_request()
    library, encoder = current_library(), current_encoder()
    if library is None:
        no_library("There is no library to clean up yet.")
        return
    job_panel(library, report=False)
    section = st.segmented_control(
        "What to look for",
        list(_SECTIONS),
        default="Duplicates",
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    apply_link(library)
    pages = show_choice_bar(library, encoder)
    with boundary():
        _SECTIONS[section or "Duplicates"](library, encoder, pages)
    lines = clean_lines(library, encoder, section or "Duplicates")
    if lines is not None:
        in_python(lines)
