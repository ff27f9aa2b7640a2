"""Concepts and heads that were made with earlier weights: learned again where their examples are known."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.classify.heads import read_head
from core.classify.relearning import find_training_labels, list_earlier_heads, relearn_head
from core.errors import DataError
from core.policy import get_policy
from core.search.concepts import knows_examples, list_earlier_concepts, relearn_concept, save_concept
from ui.classify.heads import choose_head
from ui.errors import boundary
from ui.session.encoders import load_encoder
from ui.session.heads import store_head
from ui.text import plain


def made_before(library: Library | None, encoder: Encoder) -> None:
    """A pop-up with what has no counterpart yet under the weights in use; nothing where all has one."""
    concepts, heads = list_earlier_concepts(encoder), list_earlier_heads(encoder)
    if library is None or not (concepts or heads) or not get_policy().may_write_shared:
        return
    with st.popover(f"Made before ({len(concepts) + len(heads):,})", icon=":material/history:"):
        st.caption("Made with earlier weights, which a library that has newer ones cannot use.")
        for name, path in concepts.items():
            known = _is_possible(partial(knows_examples, path))
            _row("concept", name, known, partial(_relearn_concept, library, encoder, name))
        for name, path in heads.items():
            known = _is_possible(partial(_find_labels, library, path))
            _row("head", name, known, partial(_relearn_head, library, encoder, name))


def _find_labels(library: Library, path: Path) -> dict[str, str]:
    return find_training_labels(library, read_head(path.read_bytes()), path.stem)


def _is_possible(find: Callable[[], object]) -> bool:
    try:
        return bool(find())
    except (DataError, OSError):
        return False


def _row(what: str, name: str, known: bool, on_again: Callable[[], None]) -> None:
    why = "Save it again from pictures." if what == "concept" else "Its labels are not in this library: train it again."
    with st.container(horizontal=True, vertical_alignment="center", key=f"before {what} {name}"):
        st.markdown(f"{what.capitalize()} **{plain(name)}**" + ("" if known else f"  \n:gray[{why}]"), width="stretch")
        if known:
            st.button("Learn again", key=f"again {what} {name}", icon=":material/refresh:", on_click=on_again)


def _relearn_concept(library: Library, encoder: Encoder, name: str) -> None:
    with boundary():
        load_encoder(encoder)
        save_concept(relearn_concept(library, encoder, name), encoder)


def _relearn_head(library: Library, encoder: Encoder, name: str) -> None:
    with boundary():
        load_encoder(encoder)
        store_head(relearn_head(library, encoder, list_earlier_heads(encoder)[name]), encoder, name)
        choose_head(name)
