"""How many dimensions: how well reduced vectors of a library work, and storing them."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.errors import DataError, QueryError
from ui.dimensions.job import get_measured, python_lines, settings_section
from ui.dimensions.report import show_report
from ui.dimensions.store import python_lines as store_lines
from ui.dimensions.store import store_section
from ui.errors import boundary
from ui.text import plain
from ui.widgets.code_block import in_python, opening
from ui.widgets.page_start import start_page
from ui.widgets.query.box import follow_request
from ui.widgets.reference_data import known_section


def page() -> None:
    follow_request()
    at = start_page("There is no library to measure yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    lines = opening(library, encoder)
    try:
        lines += curve_section(library, encoder)
    except (DataError, QueryError) as error:
        st.warning(plain(str(error)), icon=":material/help:")
    with boundary():
        chosen = store_section(library, encoder)
        in_python(lines + (store_lines(*chosen) if chosen else ""))


def curve_section(library: Library, encoder: Encoder) -> str:
    settings = settings_section(known_section(library, encoder))
    report = get_measured(library, encoder, settings)
    if report is not None:
        show_report(report, len(library.index(encoder).rows_with_vectors))
    return python_lines(settings)
