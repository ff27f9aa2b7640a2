"""Inside a vector: what its numbers respond to, what words do to it, and which part of a picture answers."""

from __future__ import annotations

import streamlit as st

from core.errors import DataError, MediaError, QueryError
from ui.add import no_library, ready
from ui.frame import header
from ui.inside_heat import heat_section
from ui.inside_response import response_section
from ui.inside_vector import vector_section
from ui.inside_words import word_section
from ui.jobs import job_panel
from ui.libraries import library_facts
from ui.page import boundary, plain
from ui.query import go_where_asked
from ui.sidebar import current_encoder, current_library

header(
    "Inside a vector",
    "An encoder turns a picture or a sentence into a list of numbers; here you see what these respond to in your own "
    "library. Read a direction by the pictures at its two ends, a query by what each of its words does, and a "
    "picture by what happens when a part of it is covered.",
)
_PARTS = {
    "directions": response_section,
    "numbers": vector_section,
    "words": word_section,
    "parts of a picture": heat_section,
}


def page() -> None:
    go_where_asked()
    library = current_library()
    if library is None:
        no_library("There is no library to look into yet.")
        return
    encoder = current_encoder()
    job_panel(library, report=False)
    if not ready(library, encoder, library_facts(library, encoder)):
        return
    look = st.segmented_control(
        "Look at", list(_PARTS), default="directions", required=True, key="look", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    try:
        _PARTS[look](library, encoder)
    except (DataError, MediaError, QueryError) as error:
        st.warning(plain(str(error)), icon=":material/help:")


with boundary():
    page()
