"""What is said above the results of a search, and where doubt begins among them."""

from __future__ import annotations

import streamlit as st

from core import SearchResult
from core.search.videos import VideoResult
from ui.text import plain


def show_verdict(result: SearchResult | VideoResult, request: str, among: str) -> None:
    """The heading: whether anything matches, never how many. request, among: plain text and Markdown."""
    nothing = result.judged and not result.cutoff
    st.markdown(f"#### {'Nothing here matches' if nothing else 'Results for'} {plain(request)}")
    st.caption(f"Among {among}")


def doubt_heading(result: SearchResult | VideoResult) -> str:
    """The heading of the hits that are not certain."""
    return "Less certain from here" if result.cutoff else "The closest all the same"
