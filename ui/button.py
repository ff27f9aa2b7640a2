"""A button whose click is not lost."""

from __future__ import annotations

import math
import time
from typing import Any

import streamlit as st

from ui.session.current import Choice
from ui.session.state import get_state

_FRESH_S = 30.0  # a click counts for the runs right after it, and not when its page is opened again later


def pressed(label: str, *, key: str, disabled: bool = False, **look: Any) -> bool:
    """A button; True in the first run that reaches it after a click. look: as for `st.button`.

    `st.button` is True only in the run that its click started. If the visitor clicks or types anything else before
    that run reaches the button, another run starts and the first click is lost; on a busy server this takes a second
    or two. A callback runs first, and the click it records stays until the page acts on it, unless the library or the
    encoder has changed by then.
    """
    choice = get_state(Choice)
    about = [choice.library, choice.encoder]  # a click counts only for those in use when the button was shown
    st.button(label, key=key, disabled=disabled, on_click=_note, args=(key, about), **look)
    noted, of = st.session_state.pop(_place(key), (-math.inf, None))
    return not disabled and of == about and time.monotonic() - noted < _FRESH_S


def _note(key: str, about: list[object]) -> None:
    st.session_state[_place(key)] = time.monotonic(), about


def _place(key: str) -> str:
    return f"pressed {key}"
