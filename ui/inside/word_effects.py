"""A query word by word, and the effect of each word."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.geometry.attribution import WordStep, measure_word_effects
from core.geometry.nearest import NearItem, find_nearest_items
from core.plots.vectors import word_chart
from ui.components.gallery.gallery import Card, gallery
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.text import plain
from ui.widgets.code_block import in_python, opening
from ui.widgets.details import open_details, show_details
from ui.widgets.query.box import more_like

_SHOWN = 4
_DEFAULT = "a brown dog running through the snow"


def word_section(library: Library, encoder: Encoder) -> None:
    text = st.text_input("A query of a few words", _DEFAULT, key="words", bind="query-params", max_chars=300)
    load_encoder(encoder)
    index = library.index(encoder)

    def grow() -> list[tuple[WordStep, tuple[NearItem, ...]]]:
        steps = measure_word_effects(encoder, text or "")
        return [(step, find_nearest_items(index, step.vector, _SHOWN)) for step in steps]

    grown = get_cached("inside words", (encoder.id, text), index, grow)
    steps = [step for step, _ in grown]
    _show_steps(steps)
    st.plotly_chart(word_chart(steps), key="word chart", config={"displayModeBar": False}, alt="The query word by word")
    st.markdown("**What is nearest after each word**")
    cards = [Card(near.item, section=step.text, time_s=near.time_s) for step, nearest in grown for near in nearest]
    gallery(cards, key="word gallery", on_open=open_details, on_like=more_like, framed=True)
    show_details((), [near.item for _, nearest in grown for near in nearest])
    in_python(
        f"""{opening(library, encoder)}
from core.geometry import find_nearest_items, measure_word_effects

for step in measure_word_effects(encoder, {text!r}):
    print(step.text, step.to_whole, step.turned, step.missed)
    print([near.item.path for near in find_nearest_items(library.index(encoder), step.vector, {_SHOWN})])
"""
    )


def _show_steps(steps: list[WordStep]) -> None:
    weights = [(step.missed, step.word) for step in steps if step.missed is not None]
    if not weights:
        st.caption("Add a word to see its effect.")
        return
    (most, word), (least, idle) = max(weights), min(weights)
    st.markdown(
        f"**{plain(word)}** matters most: without it the query would point {most:.0f}° elsewhere. "
        f"**{plain(idle)}** matters least ({least:.0f}°)."
    )
    st.caption(
        "Above: cosine of the query so far with the whole query. Below: the angle by which each word turns the vector.",
        help="One angle is for adding the word, the other for removing it from the whole query. The effect of a word "
        "depends on the others.",
    )
