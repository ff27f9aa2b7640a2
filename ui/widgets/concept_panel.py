"""A new word from ticked pictures: named here, then understood in every query and as a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core import Encoder, Library
from core.library.track import get_item_vectors
from core.policy import get_policy
from core.search.concepts import learn_concept, save_concept
from core.search.query import CONCEPT
from ui.errors import boundary
from ui.text import counted, plain


def concept_panel(
    library: Library, encoder: Encoder, ids: Sequence[str], *, on_saved: Callable[[str], object] | None = None
) -> None:
    """The pop-up that keeps the ticked pictures of a library as a concept. on_saved: called with its query term.

    Concepts are words that all visitors share, so that the public makes none.
    """
    if not get_policy().may_write_shared:
        return
    with st.popover("New concept", icon=":material/lightbulb:", disabled=not ids):
        st.caption(
            f"A word of your own for what {counted(len(ids), 'ticked picture')} "
            f"{'shows' if len(ids) == 1 else 'show'}. Nothing is trained: it is one more vector."
        )
        name = st.text_input("Name", key="concept_name", placeholder="our boat", max_chars=80).strip()
        st.button(
            "Keep it",
            type="primary",
            key="keep_concept",
            disabled=not name,
            on_click=_keep,
            args=(library, encoder, name, list(ids), on_saved),
        )


def _keep(
    library: Library, encoder: Encoder, name: str, ids: list[str], on_saved: Callable[[str], object] | None
) -> None:
    with boundary():
        index = library.index(encoder)
        _, examples = get_item_vectors(index, ids)
        save_concept(learn_concept(encoder, name, examples, index.background), encoder)
        if on_saved is not None:
            on_saved(CONCEPT + name)
        st.toast(f"Kept from {counted(len(examples), 'picture')}. In a search: {plain(CONCEPT)}{plain(quoted(name))}")


def quoted(name: str) -> str:
    """A name as a query writes it."""
    return f'"{name}"' if " " in name else name
