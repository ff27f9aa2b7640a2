"""How many results of a search are shown: the first page, and more on request, to the last item."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import streamlit as st

from ui.session.state import get_state

STEP = 96


@dataclass
class MoreState:
    """query: what `steps` belong to; another query begins with its first page."""

    query: Hashable = None
    steps: int = 0


def count_shown(query: Hashable, first: int, *, step: int = STEP) -> int:
    """How many results to show of a query: `first`, and `step` more with each click."""
    state = get_state(MoreState)
    if state.query != query:
        state.query, state.steps = query, 0
    return first + step * state.steps


def more_button(shown: int, considered: int, *, step: int = STEP) -> None:
    """The button below the results, while there are more than are shown."""
    if shown < considered:
        st.button(f"Show {step} more", on_click=_show_more, icon=":material/expand_more:", key="show_more")


def _show_more() -> None:
    get_state(MoreState).steps += 1
