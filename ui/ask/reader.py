"""The model that reads passages for the words that answer: its folder, which is remembered, and a switch.

On a public server, visitors have the switch alone: the folder is the one that was set when the app was for the people
of its machine.
"""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from core.ask import AnswerReader, open_reader
from core.config import load_settings, save_settings
from core.errors import SemblanceError
from core.policy import get_policy
from ui.session.state import get_state
from ui.text import plain

_SETTING = "reader"


@lru_cache(maxsize=1)
def _open(name: str) -> AnswerReader:
    return open_reader(name)


class _Problem:
    """What went wrong with the folder that was typed last."""

    text = ""


def reader_name() -> str:
    """The folder, or the id, of the model that is remembered; "" for none."""
    return str(load_settings().get(_SETTING) or "")


def choose_reader() -> AnswerReader | None:
    """The pop-up of the model that reads; returns it if it is switched on."""
    registered = reader_name()
    may_set = get_policy().may_load_models
    if not (registered or may_set):
        return None
    with st.popover("Reader", icon=":material/text_select_start:", key="reader"):
        st.markdown("A model for question answering can mark the words that answer within a sentence.")
        chosen = st.toggle(
            "Let it read",
            key="read",
            bind="query-params",
            disabled=not registered,
            help="Reads the ten best passages, which takes some seconds.",
        )
        if may_set:
            st.text_input(
                "Folder of the model",
                value=registered,
                key="reader folder",
                placeholder="/models/minilm-squad",
                on_change=_register,
                help="A model of transformers for extractive question answering, or the id of one in the hub's cache. "
                "Nothing is downloaded. Empty: none.",
            )
            if problem := get_state(_Problem).text:
                st.warning(plain(problem), icon=":material/error:")
    return _open_registered(registered) if chosen and registered else None


def _open_registered(name: str) -> AnswerReader | None:
    try:
        with st.spinner("Opening the reader …"):
            return _open(name)
    except SemblanceError as error:
        st.warning(plain(get_policy().redact_paths(str(error))), icon=":material/error:")
        return None


def _register() -> None:
    """Remembers a folder that opens; what does not is said, and the one before stays."""
    name = str(st.session_state["reader folder"] or "").strip()
    problem = get_state(_Problem)
    problem.text = ""
    if not name:
        save_settings(**{_SETTING: None})
        return
    try:
        _open(name)
    except SemblanceError as error:
        problem.text = str(error)
        return
    save_settings(**{_SETTING: name})
    st.session_state["read"] = True
