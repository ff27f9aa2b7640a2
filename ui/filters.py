"""What a search is limited to and how it is done: two pop-ups whose settings live in the link."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date

import streamlit as st

from core import Encoder, Filters, Library
from core.query import PLAIN
from ui.libraries import folders
from ui.memory import remembered
from ui.page import plain

_SHAPES = ["landscape", "portrait", "square"]
_DEFAULTS = {"folder": None, "after": None, "before": None, "min": None, "max": None, "shape": None}
_EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Options:
    """How to search: at most how many hits, near-duplicates folded, words through prompt templates."""

    top_k: int
    fold: bool
    templates: tuple[str, ...] | None


def filter_panel(library: Library, encoder: Encoder) -> Filters:
    """The pop-up of filters; its label says how many are set."""
    state = st.session_state
    count = sum(state.get(name) is not None for name in _DEFAULTS)
    root, choices = _folder_choices(library, encoder)
    with st.popover(f"Filters ({count})" if count else "Filters", icon=":material/filter_alt:", key="filters"):
        link = {"bind": "query-params"}
        folder = st.selectbox("Folder", choices, index=None, key="folder", placeholder="Everywhere", **link)
        since, until = st.columns(2)
        after = since.date_input("Taken from", value=None, min_value=_EARLIEST, key="after", **link)
        before = until.date_input("Taken until", value=None, min_value=_EARLIEST, key="before", **link)
        least, most = st.columns(2)
        sides = {"min_value": 1, "max_value": 100_000, "value": None, "step": 100, "placeholder": "any"}
        low = least.number_input("Shorter side from (px)", key="min", **sides, **link)
        high = most.number_input("Shorter side to (px)", key="max", **sides, **link)
        shape = st.segmented_control("Shape", _SHAPES, key="shape", **link)
        st.caption("A photo that does not say when it was taken counts by its file's date.")
        st.button("Clear all", on_click=clear_filters, disabled=not count, icon=":material/filter_alt_off:")
    chosen = os.path.join(root, folder) if folder else None
    return Filters(
        folder=os.path.normpath(chosen) if chosen else None,
        after=after,
        before=before,
        min_side=low,
        max_side=high,
        orientation=shape,
    )


def option_panel(encoder: Encoder) -> Options:
    """The pop-up of options."""
    with st.popover("Options", icon=":material/tune:", key="options"):
        top = st.select_slider("Pictures at most", [24, 48, 96, 192], value=48, key="top", bind="query-params")
        fold = st.toggle(
            "Fold near-duplicates",
            value=True,
            key="fold",
            bind="query-params",
            help="Copies of one picture, resized or saved again, count as one result.",
        )
        prompts = st.toggle(
            "Prompt templates",
            value=True,
            key="prompts",
            bind="query-params",
            help=f"Words are embedded as {len(encoder.templates)} sentences, such as "
            f"“{plain(encoder.templates[-1])}”, and averaged. Off: exactly as typed.",
        )
    return Options(top, fold, None if prompts else PLAIN)


def clear_filters() -> None:
    """Lets everything through again. For callbacks."""
    st.session_state.update(_DEFAULTS)


def filter_text(filters: Filters) -> str:
    """The filters in words; empty where none is set."""
    low, high = filters.min_side, filters.max_side
    parts = [
        f"in {filters.folder}" if filters.folder else "",
        f"from {filters.after:%d %b %Y}" if filters.after else "",
        f"until {filters.before:%d %b %Y}" if filters.before else "",
        f"shorter side at least {low:,} px" if low else "",
        f"shorter side at most {high:,} px" if high else "",
        filters.orientation or "",
    ]
    return ", ".join(part for part in parts if part)


def _folder_choices(library: Library, encoder: Encoder) -> tuple[str, list[str]]:
    """The folder that holds everything, and the folders below it, relative to it."""
    index = library.index(encoder)

    def find() -> tuple[str, list[str]]:
        found = list(folders(index.items["path"].to_pylist()))
        root = found[0] if found else ""
        return root, [os.path.relpath(folder, root) for folder in found[1:]]

    return remembered("folders", None, index, find)
