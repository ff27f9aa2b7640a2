"""Adapting the encoder in use to labels or captions of a library: the button, its progress, and what it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core import Encoder, Library
from core.adapt import Adapted, Figure, adapt_library, store_adapted
from core.encoders.adapted import PREFIX, find_free_title
from core.encoders.precomputed import supports_text
from core.policy import get_policy
from core.progress import Task
from ui.jobs.jobs import is_busy
from ui.jobs.tasks import task_button
from ui.session.current import use_encoder
from ui.text import counted, duration_text, plain

_FEW = 20  # held-out pictures, below which figures are rough


def explain_adapting(encoder: Encoder) -> str | None:
    """Why the encoder in use cannot be adapted here; None if it can."""
    if encoder.name.startswith(PREFIX):
        return "The encoder in use is adapted already. Choose the one that it was made from in the sidebar."
    if not supports_text(encoder):
        return "The vectors in use were imported: there is no encoder of texts to adapt."
    if not get_policy().may_write_shared:
        return "Only the operator of this server can adapt encoders, since all visitors share them."
    return None


def adapt_section(
    library: Library,
    encoder: Encoder,
    *,
    name: str,
    labels: Mapping[str, str] | None = None,
    captions: Sequence[tuple[str, str]] = (),
    key: str,
) -> None:
    """Name, button, progress and result. name: a proposal. key: of the widgets."""
    title = st.text_input(
        "Name of the adapted encoder", value=find_free_title(name), key=f"adapt name {key}", max_chars=60, width=320
    )
    if is_busy(library):
        st.caption(":material/sync: Wait until the library is indexed.")
        return
    pictures = len(labels) if labels is not None else len({item_id for item_id, _ in captions})
    found = task_button(
        f"adapt {key}", "Adapt the encoder",
        partial(_work, library, encoder, title, labels, captions), title="Adapting",
        about=(library.path, encoder.id, title, key, tuple(sorted((labels or {}).items())), tuple(captions)),
        state=library.index(encoder), icon=":material/tune:",
        note=f"Learns from {counted(pictures, 'picture')}, in a minute or two. The vectors in use stay.",
    )  # fmt: skip
    if found is not None:
        _show(found, key)


def _work(
    library: Library,
    encoder: Encoder,
    title: str,
    labels: Mapping[str, str] | None,
    captions: Sequence[tuple[str, str]],
    task: Task,
) -> Adapted:
    found = adapt_library(library, encoder, title, labels=labels, captions=captions, task=task)
    store_adapted(library, encoder, found.adapter, task=task)
    return found


def _show(found: Adapted, key: str) -> None:
    """What was learned, the figures, and the button that uses it."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"adapted {key}"):
        st.markdown(
            f":material/check_circle: **{plain(found.adapter.title)}** learned from "
            f"{counted(found.pictures, 'picture')} in {duration_text(found.seconds)} ({counted(found.steps, 'step')}).",
            width="stretch",
        )
        st.button(
            "Use it", key=f"use {key}", icon=":material/search:", on_click=use_encoder, args=(found.adapter.name,)
        )
    if found.gains:
        st.markdown("**What was adapted**, on pictures that were held out:")
        _show_figures(found.gains)
    if 0 < found.held_out < _FEW:
        st.caption(f"Only {counted(found.held_out, 'picture')} could be held out: take the figures as rough.")
    elif not found.held_out:
        st.caption("No class has two pictures, so nothing could be held out to measure on.")
    if found.others:
        st.markdown("**What was not adapted**, and should stay:")
        _show_figures(found.others)
    else:
        st.caption("The library has no other pictures to measure what is forgotten.")


def _show_figures(figures: Sequence[Figure]) -> None:
    """A line each, which a phone can show too."""
    lines = (
        f"- {plain(figure.of)}, {figure.measure}: {figure.before:.2f} → **{figure.after:.2f}** "
        f":gray[({figure.after - figure.before:+.2f}, of {figure.count:,})]"
        for figure in figures
    )
    st.markdown("\n".join(lines))
