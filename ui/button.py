"""A button whose click is not lost."""

from __future__ import annotations

import math
import time
from typing import Any

import streamlit as st

_FRESH_S = 30.0  # a click counts for the runs right after it, and not when its page is opened again later
_ABOUT = ("library", "encoder")  # what was in use when the button was shown: a click means no other


def pressed(label: str, *, key: str, disabled: bool = False, **look: Any) -> bool:
    """A button; True in the first run that reaches it after a click. look: as for `st.button`.

    `st.button` is True only in the run that its click began. Whatever else is clicked or typed before that run has come
    as far as the button begins another run, and the first click would be lost: on a busy server, within a second or
    two. A callback runs before anything else, and what it notes stays until the page acts on it, unless another library
    or encoder is in use by then.
    """
    about = [st.session_state.get(name) for name in _ABOUT]
    st.button(label, key=key, disabled=disabled, on_click=_note, args=(key, about), **look)
    noted, of = st.session_state.pop(_place(key), (-math.inf, None))
    return not disabled and of == about and time.monotonic() - noted < _FRESH_S


def _note(key: str, about: list[object]) -> None:
    st.session_state[_place(key)] = time.monotonic(), about


def _place(key: str) -> str:
    return f"pressed {key}"
