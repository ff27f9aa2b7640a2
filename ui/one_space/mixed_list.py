"""Texts and pictures in one list: why their cosines cannot be compared."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.geometry.mixed_kinds import measure_nearest_cosines
from core.plots.space import nearest_histogram
from ui.session.cache import get_cached
from ui.text import percent
from ui.widgets.details import sampled_text
from ui.widgets.query.default_terms import ready_words


def mixed_section(library: Library, encoder: Encoder) -> str:
    """Two histograms and a sentence; returns the lines of Python. Raises DataError."""
    ready_words(encoder)
    index = library.index(encoder)
    found = get_cached("mixed kinds", encoder.id, index, lambda: measure_nearest_cosines(encoder, index))
    texts = "a text of this library" if found.are_own else "another phrase"
    st.plotly_chart(
        nearest_histogram(found, title="Each phrase and what is nearest to it"), key="mixed_kinds",
        config={"displayModeBar": False}, alt="Cosines of phrases with the nearest text and the nearest picture",
    )  # fmt: skip
    st.markdown(
        f"Sorted by cosine, **{percent(found.text_first)}** of the phrases would put {texts} before every picture, so "
        "a list of all kinds is ranked by the match: the probability, measured for each kind, that an item is meant."
    )
    own = "" if found.are_own else " This library has no texts, so phrases are compared with one another."
    st.caption(f"Phrases: some 1,500 reference phrases. Pictures: those of the library{sampled_text(index)}.{own}")
    return """from core.geometry import measure_nearest_cosines

found = measure_nearest_cosines(encoder, library.index(encoder))
print(found.texts.mean(), found.pictures.mean(), found.text_first)
"""
