"""Models side by side: two encoders on the same library; and encoders adapted to its captions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core import Encoder, Library
from core.errors import DataError, QueryError
from ui.errors import boundary
from ui.models.adapted import adapted_section
from ui.models.agreement import agree_section
from ui.models.choice import choose_other_encoder
from ui.models.cost import cost_section
from ui.models.ground_truth import truth_section
from ui.models.query import SHOWN, query_section
from ui.text import plain
from ui.widgets.code_block import in_python, opening
from ui.widgets.details import show_details
from ui.widgets.page_start import start_page
from ui.widgets.query.box import follow_request

T = TypeVar("T")
Both = tuple[Encoder, Encoder]


def page() -> None:
    follow_request()
    at = start_page("There is no library to compare on yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    other = choose_other_encoder(library, encoder)
    if other is not None:
        side_by_side(library, (encoder, other))
    with boundary():
        adapted_section(library, encoder)


def section(title: str, show: Callable[[Library, Both], T], library: Library, encoders: Both) -> T | None:
    """Draws a section below its title and returns its result; an error is shown in its place."""
    st.subheader(title, anchor=False)
    try:
        return show(library, encoders)
    except (DataError, QueryError) as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return None


def side_by_side(library: Library, encoders: Both) -> None:
    hits = section("The same query under both", query_section, library, encoders)
    items = section("Do they agree on neighbors?", agree_section, library, encoders)
    section("What does each cost?", cost_section, library, encoders)
    section("Which one is right?", truth_section, library, encoders)
    show_details(hits or (), items or ())
    text = st.session_state.get("ask") or "a dog"
    in_python(
        f"""{opening(library, encoders[0])}
from core import parse_query, search
from core.geometry.encoder_comparison import measure_agreement, measure_size, measure_speeds

other = open_encoder({encoders[1].name!r})
for model in (encoder, other):
    print(measure_size(library, model))
    for hit in search(library, model, parse_query({text!r}), top_k={SHOWN}, captions=False).hits:
        print(hit.item.path, hit.relevance)
print(measure_agreement(library, encoder, other))
print(measure_speeds(library, [encoder, other]))
"""
    )
