"""Asks before the encoder of a link is downloaded, or opened in a folder: links come from anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from core.utils.files import to_absolute
from ui.session.encoders import must_ask
from ui.session.state import get_state
from ui.text import plain


@dataclass(slots=True)
class LinkedState:
    """waiting: encoders that wait for a yes, by the parameter that named them."""

    waiting: dict[str, str] = field(default_factory=dict)


def read_linked(parameter: str) -> str | None:
    """The encoder that a parameter of the link names; None if there is none, or if it waits for `offer_linked`."""
    name = st.query_params.get(parameter)
    if name and must_ask(name):
        get_state(LinkedState).waiting[parameter] = name
        return None
    return name


def offer_linked(parameter: str, accept: Callable[[str], None]) -> None:
    """Show what waits, with a button that calls `accept` with its name before the page runs again."""
    name = get_state(LinkedState).waiting.get(parameter)
    if name is None:
        return
    is_folder = to_absolute(name).is_dir()

    def accepted() -> None:
        accept(get_state(LinkedState).waiting.pop(parameter))

    with st.container(horizontal=True, vertical_alignment="center", key=f"linked {parameter}"):
        where = "is a model in a folder" if is_folder else "is not on this computer yet"
        st.info(f"The link asks for the encoder {plain(name)}, which {where}.", icon=":material/deployed_code:")
        verb = "Open" if is_folder else "Download"
        st.button(f"{verb} {plain(name)} (from a link)", key=f"linked {parameter} accepted", on_click=accepted)
