"""The choice of the order of results."""

from __future__ import annotations

import streamlit as st

from core.search.sorting import Order

_TITLES: dict[str, Order] = {"Best match": "match", "Newest": "date", "Name": "name", "Largest": "size"}


def sort_choice() -> Order:
    """How the certain results are sorted; the link holds it."""
    title = st.selectbox(
        "Sort by", list(_TITLES), key="sort", bind="query-params", label_visibility="collapsed", width=140
    )
    return _TITLES.get(title or "", "match")
