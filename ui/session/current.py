"""The library and the encoder of this visit."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from ui.session.encoders import get_encoder
from ui.session.libraries import get_library, library_choices

# Session state: "library" and "encoder" name what is in use; the pickers' own keys may be ahead of them.


def current_library() -> Library | None:
    """The library in use, or None. Raises LibraryError."""
    key = st.session_state.get("library")
    return get_library(key) if key in library_choices() else None


def current_encoder() -> Encoder:
    """The encoder in use. Raises EncoderError if it does not open."""
    return get_encoder(st.session_state["encoder"])


def use_library(key: str | None) -> None:
    """Switches to a library (None: to any remaining one) from outside the picker, in the next run."""
    st.session_state["library_next"] = key


def use_encoder(name: str) -> None:
    """Switches to an encoder from outside the picker, in the next run. For callbacks."""
    st.session_state["encoder_next"] = st.session_state["encoder_asked"] = name
