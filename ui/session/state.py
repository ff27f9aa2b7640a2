"""What a screen keeps for one session: one typed object a screen, beside the keys of its widgets."""

from __future__ import annotations

from typing import TypeVar, cast

import streamlit as st

T = TypeVar("T")


def get_state(kind: type[T]) -> T:
    """The session's one object of this class, made with its defaults on first use."""
    key = state_key(kind)
    if key not in st.session_state:
        st.session_state[key] = kind()
    return cast(T, st.session_state[key])


def state_key(kind: type) -> str:
    """The key of that object in Streamlit's session state."""
    return f"{kind.__module__}.{kind.__qualname__}"
