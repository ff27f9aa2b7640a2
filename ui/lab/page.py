"""Lab: when is labeling worth it? Classification and regression measured on labeled pictures."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.errors import DataError, QueryError
from ui.lab.learning_curve import curve_section
from ui.lab.methods import measure_button, show_methods
from ui.lab.regression import number_lab
from ui.snippets.sort import lab_lines
from ui.text import plain
from ui.widgets.code_block import in_python
from ui.widgets.label_source import labels_section
from ui.widgets.page_start import start_page
from ui.widgets.query.box import follow_request

_PARTS = ("classes", "numbers")


def page() -> None:
    follow_request()
    at = start_page("There is no library to measure on yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    part = st.segmented_control(
        "Learn", _PARTS, default="classes", required=True, key="part", bind="query-params", label_visibility="collapsed"
    )
    try:
        if part == "numbers":
            number_lab(library, encoder)
        else:
            class_lab(library, encoder)
    except (DataError, QueryError) as error:
        st.warning(plain(str(error)), icon=":material/help:")


def class_lab(library: Library, encoder: Encoder) -> None:
    data = labels_section(library, encoder)
    if data is None:
        return
    st.subheader("How accurate is each method?", anchor=False)
    measured = measure_button(encoder, data)
    if measured:
        show_methods(measured, data)
    st.subheader("How much would more labels help?", anchor=False)
    curve_section(encoder, data)
    in_python(lab_lines(library, encoder))
