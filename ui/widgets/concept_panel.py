"""Makes a concept from selected pictures: a new word for queries and classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core import Encoder, Library
from core.policy import get_policy
from core.search.concepts import learn_concept_of_items, save_concept
from core.search.query import CONCEPT
from ui.errors import boundary
from ui.text import counted, plain


def concept_panel(
    library: Library, encoder: Encoder, ids: Sequence[str], *, on_saved: Callable[[str], object] | None = None
) -> None:
    """The pop-up that saves selected pictures of a library as a concept. on_saved: called with its query term.

    All visitors share concepts, so public mode has no such pop-up.
    """
    if not get_policy().may_write_shared:
        return
    with st.popover("New concept", icon=":material/lightbulb:", disabled=not ids):
        st.caption(
            f"A new word for what {counted(len(ids), 'selected picture')} {'shows' if len(ids) == 1 else 'show'}.",
            help="Nothing is trained: a concept is one more vector.",
        )
        name = st.text_input("Name", key="concept_name", placeholder="our boat", max_chars=80).strip()
        st.button(
            "Save concept",
            type="primary",
            key="keep_concept",
            disabled=not name,
            on_click=_save,
            args=(library, encoder, name, list(ids), on_saved),
        )


def _save(
    library: Library, encoder: Encoder, name: str, ids: list[str], on_saved: Callable[[str], object] | None
) -> None:
    with boundary():
        concept = learn_concept_of_items(library, encoder, name, ids)
        save_concept(concept, encoder)
        if on_saved is not None:
            on_saved(CONCEPT + name)
        st.toast(f"Saved from {counted(concept.examples, 'picture')}. Search for {plain(CONCEPT)}{plain(quoted(name))}")


def quoted(name: str) -> str:
    """A name as a query writes it."""
    return f'"{name}"' if " " in name else name
