"""Filters and options of a search: pop-ups whose settings are in the link."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from core import Encoder, Filters, Library
from core.library.filters import Orientation
from core.library.schema import Kind
from core.media.modalities import PICTURE, VIDEO
from core.policy import get_policy
from core.search.captions import has_captions
from core.search.combine import COMBINATIONS, Combine
from core.search.query import PLAIN
from ui.session.folders import list_folders
from ui.text import duration_text, plain

_SHAPES: list[Orientation] = ["landscape", "portrait", "square"]
COMMON_FILTERS = ("folder", "label", "after", "before")
_OF_PICTURES, _OF_VIDEOS = ("min", "max", "shape"), ("shortest", "longest")
_EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Options:
    """Maximum number of hits, whether near-duplicates are grouped, prompt templates, how terms are combined, and
    whether stored captions count."""

    top_k: int
    fold: bool
    templates: tuple[str, ...] | None
    combine: Combine = "joint"
    captions: bool = True


@dataclass(frozen=True, slots=True)
class VideoOptions:
    """Maximum number of videos, prompt templates, and how terms are combined."""

    top_k: int
    templates: tuple[str, ...] | None
    combine: Combine = "joint"


def filter_panel(library: Library, encoder: Encoder, kind: Kind | None) -> Filters:
    """The pop-up of filters for items of a kind (None: of any); its label shows how many are set."""
    state = st.session_state
    link = st.query_params  # holds them before the boxes are drawn
    names = COMMON_FILTERS + (_OF_PICTURES if kind == PICTURE.name else _OF_VIDEOS if kind == VIDEO.name else ())
    count = sum((state[name] if name in state else link.get(name)) is not None for name in names)
    root, choices = _folder_choices(library, encoder)
    labels = library.label_names()
    with st.popover(f"Filters ({count})" if count else "Filters", icon=":material/filter_alt:", key="filters"):
        folder = st.selectbox(
            "Folder", choices, index=None, key="folder", placeholder="Everywhere", bind="query-params"
        )
        label = _by_label(labels)
        since, until = st.columns(2)
        dates: dict[str, Any] = {"value": None, "min_value": _EARLIEST, "bind": "query-params"}
        after = since.date_input("Taken from", key="after", **dates)
        before = until.date_input("Taken until", key="before", **dates)
        own = _by_shape() if kind == PICTURE.name else _by_duration() if kind == VIDEO.name else Filters()
        st.caption("Files without a capture date count by file date.")
        st.button("Clear all", on_click=clear_filters, disabled=not count, icon=":material/filter_alt_off:")
    path = os.path.normpath(os.path.join(root, folder)) if folder else None
    return replace(own, kind=kind, folder=path, label=label, after=after, before=before)


def items_with_label(library: Library, filters: Filters) -> frozenset[str] | None:
    """Ids of the items with the label of the filters, for cache keys; None without a label."""
    if filters.label is None:
        return None
    return frozenset(label.item_id for label in library.labels() if label.label == filters.label)


def _by_label(labels: list[str]) -> str | None:
    return st.selectbox(
        "Label",
        labels,
        index=None,
        key="label",
        bind="query-params",
        placeholder="Any or none" if labels else "None yet: add some on the page Classify",
        disabled=not labels,
        help="Labels given by a person or by the page Classify.",
    )


def _by_shape() -> Filters:
    least, most = st.columns(2)
    sides: dict[str, Any] = {"min_value": 1, "max_value": 100_000, "value": None, "step": 100, "placeholder": "any"}
    low = least.number_input("Shorter side from (px)", key="min", bind="query-params", **sides)
    high = most.number_input("Shorter side to (px)", key="max", bind="query-params", **sides)
    shape = st.segmented_control("Shape", _SHAPES, key="shape", bind="query-params")
    return Filters(min_side=low, max_side=high, orientation=shape)


def _by_duration() -> Filters:
    least, most = st.columns(2)
    seconds: dict[str, Any] = {"min_value": 0, "max_value": 1_000_000, "value": None, "step": 10, "placeholder": "any"}
    low = least.number_input("Lasts at least (s)", key="shortest", bind="query-params", **seconds)
    high = most.number_input("Lasts at most (s)", key="longest", bind="query-params", **seconds)
    return Filters(min_duration_s=low, max_duration_s=high)


def option_panel(library: Library, encoder: Encoder) -> Options:
    """The pop-up of options."""
    with st.popover("Options", icon=":material/tune:", key="options"):
        top = st.select_slider("Pictures at most", [24, 48, 96, 192], value=48, key="top", bind="query-params")
        fold = st.toggle(
            "Group near-duplicates",
            value=True,
            key="fold",
            bind="query-params",
            help="Resized or re-saved copies of a picture count as one result.",
        )
        templates = _templates(encoder)
        combine = _combination()
        captions = _captions() if has_captions(library) else True
    return Options(top, fold, templates, combine, captions)


def video_option_panel(encoder: Encoder) -> VideoOptions:
    """The pop-up of options for videos."""
    with st.popover("Options", icon=":material/tune:", key="options"):
        top = st.select_slider("Videos at most", [5, 10, 20, 50], value=10, key="videos", bind="query-params")
        templates = _templates(encoder)
        combine = _combination()
    return VideoOptions(top, templates, combine)


def _templates(encoder: Encoder) -> tuple[str, ...] | None:
    prompts = st.toggle(
        "Prompt templates",
        value=True,
        key="prompts",
        bind="query-params",
        help=f"Words are embedded as {len(encoder.templates)} sentences, such as "
        f"“{plain(encoder.templates[-1])}”, and averaged. Off: as typed.",
    )
    return None if prompts else PLAIN


def _captions() -> bool:
    return st.toggle(
        "Captions count",
        value=True,
        key="captions",
        bind="query-params",
        help="Words are also compared with the captions that this library stores. Off: only with what is to be seen.",
    )


def _combination() -> Combine:
    return st.segmented_control(
        "Several terms",
        COMBINATIONS,
        default=COMBINATIONS[0],
        required=True,
        key="combine",
        bind="query-params",
        help="joint: words joined by + are one text, so that “dog + water” finds dogs in water. sum: the sum of the "
        "vectors of all terms.",
    )


def clear_filters() -> None:
    """Clear all filters. For callbacks."""
    st.session_state.update(dict.fromkeys(COMMON_FILTERS + _OF_PICTURES + _OF_VIDEOS))


def filter_text(filters: Filters) -> str:
    """The filters in words; empty if none is set."""
    low, high = filters.min_side, filters.max_side
    parts = [
        f"in {get_policy().display_path(filters.folder)}" if filters.folder else "",
        f"labeled “{filters.label}”" if filters.label else "",
        f"from {filters.after:%d %b %Y}" if filters.after else "",
        f"until {filters.before:%d %b %Y}" if filters.before else "",
        f"shorter side at least {low:,} px" if low else "",
        f"shorter side at most {high:,} px" if high else "",
        filters.orientation or "",
        f"at least {duration_text(filters.min_duration_s)} long" if filters.min_duration_s else "",
        f"at most {duration_text(filters.max_duration_s)} long" if filters.max_duration_s is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def _folder_choices(library: Library, encoder: Encoder) -> tuple[str, list[str]]:
    """The common root folder, and the folders below it, relative to it."""
    names = list_folders(library, encoder)
    return next(iter(names), ""), list(names.values())[1:]


def show_nothing_left(filters: Filters) -> None:
    """Say that no item matches the filters, with a button to clear them."""
    st.info(f"Nothing matches the filters ({plain(filter_text(filters))}).", icon=":material/filter_alt:")
    st.button("Clear the filters", on_click=clear_filters, type="primary")
