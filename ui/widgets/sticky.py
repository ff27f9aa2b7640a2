"""A row that stays in view while the page scrolls."""

from __future__ import annotations

import streamlit as st

# the row inherits the page color of any theme, so that content does not show through while it scrolls
_CSS = """<style>
[data-testid=stAppViewContainer], :has(> [data-testid=stMain]), [data-testid=stMain],
[data-testid=stMainBlockContainer], [data-testid=stMainBlockContainer] > [data-testid=stVerticalBlock] {
  background-color: inherit;
}
[data-testid=stMainBlockContainer] > [data-testid=stVerticalBlock]
> [data-testid=stLayoutWrapper]:has(> .st-key-KEY) {
  position: sticky; top: 3.75rem; z-index: 3; background-color: inherit;
  padding: 0.5rem 4px; margin: 0 -4px; width: calc(100% + 8px); max-width: none;  /* over outlines too */
}
body:not(:has([data-testid=stExpandSidebarButton])) [data-testid=stLayoutWrapper]:has(> .st-key-KEY) {
  top: 0 !important;  /* beside an open sidebar the header is empty and lets everything through */
}
</style>"""


def make_sticky(key: str) -> None:
    """Make the container with this key, at the top level of the page, stick below the header."""
    st.html(_CSS.replace("KEY", key))
