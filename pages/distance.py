"""Distance and direction: how far apart things are, and where a direction in the space leads."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core import Encoder, Library
from core.errors import DataError, QueryError
from ui.add import no_library, ready
from ui.distance_analogy import analogy_section
from ui.distance_axis import axis_section
from ui.distance_pairs import distance_section
from ui.distance_walk import step_section, walk_section
from ui.frame import header
from ui.in_python import in_python, opening
from ui.jobs import job_panel
from ui.libraries import library_facts
from ui.page import boundary, plain
from ui.query import go_where_asked
from ui.sidebar import current_encoder, current_library

header(
    "Distance and direction",
    "A word, a picture or a video is a point on a sphere of many dimensions: near points mean alike things, and a "
    "direction can mean something too. A cosine of 1 is the same point; what counts as near depends on the kind of "
    "pair.",
)
_PARTS: dict[str, Callable[[Library, Encoder], str]] = {
    "distance": distance_section,
    "a walk": walk_section,
    "a step aside": step_section,
    "analogies": analogy_section,
    "an axis": axis_section,
}


def page() -> None:
    go_where_asked()
    library = current_library()
    if library is None:
        no_library("There is no library to measure in yet.")
        return
    encoder = current_encoder()
    job_panel(library, report=False)
    if not ready(library, encoder, library_facts(library, encoder)):
        return
    part = st.segmented_control(
        "Look at", list(_PARTS), default="distance", required=True, key="part", bind="query-params",
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
