"""Storing a library's vectors again with fewer dimensions."""

from __future__ import annotations

from functools import partial
from typing import get_args

import streamlit as st

from core import Encoder, Library
from core.encoders.reduced import METHOD_NAMES, Method, ReducedEncoder, reduced_title
from core.library.reduced_copy import (
    get_reduction,
    list_earlier_reductions,
    list_reductions,
    renew_reduced,
    store_reduced,
)
from core.library.schema import EncoderEntry
from core.policy import get_policy
from core.progress import Task
from ui.jobs.jobs import is_busy
from ui.jobs.tasks import task_button
from ui.session.current import use_encoder
from ui.text import counted, plain, size_text
from ui.widgets.query.box import set_query

_METHODS: tuple[Method, ...] = get_args(Method)
_DEFAULT = 128


def store_section(library: Library, encoder: Encoder) -> tuple[int, Method] | None:
    """The whole section; returns what is chosen, None where nothing can be."""
    st.subheader("Store my library with fewer dimensions", anchor=False)
    if reduced_title(encoder.name) is not None:
        st.info(
            f"The encoder in use already has reduced dimensions ({encoder.dim:,}). Choose the full one in the sidebar "
            "to store another reduction.",
            icon=":material/compress:",
        )
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", key="store_settings"):
        dim = st.number_input("Dimensions", 1, encoder.dim, min(_DEFAULT, encoder.dim), key="d", bind="query-params",
                              width=200)  # fmt: skip
        method = st.segmented_control(
            "Method", _METHODS, default="pca", required=True, key="store_by", bind="query-params",
            format_func=METHOD_NAMES.__getitem__,
        )  # fmt: skip
    chosen = int(dim), method or "pca"
    count = len(library.index(encoder))
    now, then = (size_text(2 * count * entry) for entry in (encoder.dim, chosen[0]))
    st.caption(f"{counted(count, 'vector')}: {now} in memory for search (half precision) now, {then} then.")
    _store(library, encoder, *chosen)
    _stored(library, encoder)
    _stored_before(library, encoder)
    return chosen


def _store(library: Library, encoder: Encoder, dim: int, method: Method) -> None:
    if not get_policy().may_write_shared:
        st.caption("Only the operator of this server can store vectors, since they are shared by all visitors.")
        return
    if is_busy(library):
        st.caption(":material/sync: Wait until the library is indexed.")
        return
    task_button(
        "store reduced", f"Store my library at {dim:,}", partial(_work, library, encoder, dim, method),
        title="Storing", about=(library.path, encoder.id, dim, method), state=library.index(encoder),
        icon=":material/save:", note="The full vectors stay.",
    )  # fmt: skip


def _work(library: Library, encoder: Encoder, dim: int, method: Method, task: Task) -> ReducedEncoder:
    reduction = get_reduction(library, encoder, dim, method=method)
    return store_reduced(library, encoder, reduction, task=task)


def _stored(library: Library, encoder: Encoder) -> None:
    """The stored reductions, with a button to use each."""
    entries = list_reductions(library, encoder)
    for entry in entries:
        with st.container(horizontal=True, vertical_alignment="center", key=f"stored {entry.id}"):
            st.markdown(
                f":material/check_circle: **{plain(reduced_title(entry.name) or entry.name)}**  \n"
                f":gray[{counted(entry.vectors, 'vector')}, {size_text(2 * entry.vectors * entry.dim)}]",
                width="stretch",
            )
            st.button("Search with it", key=f"open {entry.name}", icon=":material/search:", on_click=_open,
                      args=(entry.name,))  # fmt: skip
    if entries:
        st.caption(
            "Choose it in the sidebar like any encoder. To undo, drop its vectors under Encoders on the page Library; "
            "the full vectors stay."
        )
        st.page_link("pages/library.py", label="Open the page Library", icon=":material/arrow_forward:")


def _stored_before(library: Library, encoder: Encoder) -> None:
    """Reductions of earlier weights, each with a button to store it again from the vectors that are here now."""
    for entry in list_earlier_reductions(library, encoder):
        st.markdown(
            f":material/history: **{plain(reduced_title(entry.name) or entry.name)}**, made with earlier weights"
        )
        if get_policy().may_write_shared and not is_busy(library):
            task_button(
                f"store again {entry.id}", "Store it again", partial(_renew, library, encoder, entry), title="Storing",
                about=(library.path, encoder.id, entry.id), state=library.index(encoder), icon=":material/refresh:",
                note="The earlier one is dropped.",
            )  # fmt: skip


def _renew(library: Library, encoder: Encoder, entry: EncoderEntry, task: Task) -> ReducedEncoder:
    return renew_reduced(library, encoder, entry, task=task)


def _open(name: str) -> None:
    use_encoder(name)
    set_query("")


def python_lines(dim: int, method: Method) -> str:
    """Python that stores the same, after a library was opened."""
    return f"""
from core.library import get_reduction, store_reduced

reduced = store_reduced(library, encoder, get_reduction(library, encoder, {dim}, method={method!r}))
library.index(reduced)  # and open_encoder(reduced.name) opens it again
"""
