"""Trained heads that are there: of the home folder, or of this visit."""

from __future__ import annotations

import streamlit as st

from core import Encoder
from core.classify.heads import Head, list_heads, save_head
from core.policy import get_policy


def list_known_heads(encoder: Encoder) -> list[str]:
    """The names of the heads that fit an encoder: those of the home, and those that the public has for its visit."""
    return list(dict.fromkeys([*list_heads(encoder), *_own(encoder)]))


def store_head(head: Head, encoder: Encoder, name: str) -> None:
    """Keeps a head under a name: in the home, or what the public learned or brought for the visit. Raises DataError."""
    if get_policy().may_write_shared:
        save_head(head, encoder, name)
    else:
        _own(encoder)[name] = head


def _own(encoder: Encoder) -> dict[str, Head]:
    return st.session_state.setdefault("visit heads", {}).setdefault(encoder.id, {})
