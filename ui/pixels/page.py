"""Pixels or embeddings: search, distances and learning on both."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.errors import DataError
from ui.pixels.compare import compared_section, distances_section, get_labels, numbers_section, python_lines
from ui.pixels.nearest import pick_section
from ui.pixels.probe import learn_section
from ui.text import plain
from ui.widgets.code_block import in_python, opening
from ui.widgets.page_start import start_page
from ui.widgets.query.box import follow_request


def page() -> None:
    follow_request()
    at = start_page("There is no library to compare yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    if not at.facts.searchable.pictures:
        st.info("This library has only videos. The comparison needs pictures.", icon=":material/movie:")
        return
    try:
        compare(library, encoder)
    except DataError as error:
        st.warning(plain(str(error)), icon=":material/help:")


def compare(library: Library, encoder: Encoder) -> None:
    labels = get_labels(library, encoder)
    shown = compared_section(library, encoder, labels)
    if shown is not None:
        numbers_section(shown)
        pick_section(shown)
        distances_section(shown)
        learn_section(shown)
    in_python(opening(library, encoder) + python_lines(labels))
