"""One space: words, pictures and videos as points that can be compared, and the gap between them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core import Encoder, Library
from core.errors import DataError, QueryError
from ui.add import no_library, ready
from ui.frame import header
from ui.in_python import in_python, opening
from ui.jobs import job_panel
from ui.libraries import library_facts
from ui.page import boundary, plain
from ui.query import go_where_asked
from ui.sidebar import current_encoder, current_library
from ui.space_asked import asked_section
from ui.space_gap import gap_section
from ui.space_map import map_section

header(
    "One space, three kinds",
    "Words, pictures and videos become points of one space, so that each can be asked with and each can be found. Here "
    "you see where the kinds lie, whether they answer alike, and the gap that many encoders leave between them.",
)
_PARTS: dict[str, Callable[[Library, Encoder], str]] = {
    "one picture": map_section,
    "one question": asked_section,
    "the gap": gap_section,
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
    part = st.segmented_control(
        "Look at", list(_PARTS), default="one picture", required=True, key="view", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    try:
        lines = _PARTS[part](library, encoder)
    except (DataError, QueryError) as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return
    if lines:
        in_python(opening(library, encoder) + lines)


with boundary():
    page()
