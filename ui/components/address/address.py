"""The browser's Back: it walks from query to query, and to the place in the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "semblance_address", html="<span hidden></span>", js=(_FOLDER / "address.js").read_text()
)
# Parameters that ask something: of search and Ask, of Recommend, of the lessons, of Classify.
_QUERIES = ("q", "find", "words", "classes")
# It draws nothing, so that it must not take a gap either.
_HIDDEN = "<style>.st-key-address, :has(> .st-key-address:only-child) { display: none; }</style>"


def keep_history() -> None:
    """Make an entry of the browser's history for each query, and for nothing else on a page.

    Streamlit makes one for each parameter that Python sets, such as the second of a video, and none for a box, such as
    the query.
    """
    with st.container(key="address"):
        st.html(_HIDDEN)
        _COMPONENT(key="address keeper", data={"queries": _QUERIES})
