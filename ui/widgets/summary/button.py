"""The button "Summarize", and the dialog that it opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core import Encoder, Item, Library
from core.media.modalities import TEXT, VIDEO
from ui.button import pressed
from ui.errors import boundary
from ui.session.folders import list_folders
from ui.widgets.summary.results import show_collection, show_video

_FEWEST, _MOST, _FIRST = 1, 20, 5
_PARTS = {TEXT.name: "sentences", VIDEO.name: "frames"}
_ICON = ":material/summarize:"


def summary_button(
    library: Library, encoder: Encoder, item_ids: Sequence[str], *, key: str, of: str, disabled: bool = False
) -> None:
    """Summarize items: pictures, frames of videos and sentences of texts. of: what the items are."""
    if pressed("Summarize", key=f"summarize {key}", icon=_ICON, disabled=disabled or not item_ids):
        _items_dialog(library, encoder, tuple(item_ids), of)


def folder_summary_button(library: Library, encoder: Encoder, *, disabled: bool) -> None:
    """Summarize a library, or one of its folders."""
    if pressed("Summarize", key="summarize library", icon=_ICON, disabled=disabled):
        _folder_dialog(library, encoder)


def video_summary_button(library: Library, encoder: Encoder, video: Item) -> None:
    """Summarize one video: chapters with their frames."""
    if pressed("Summarize", key="summarize video", icon=_ICON, help="Chapters of the open video."):
        _video_dialog(library, encoder, video)


@st.dialog("Summary", width="large")
def _items_dialog(library: Library, encoder: Encoder, item_ids: tuple[str, ...], of: str) -> None:
    items = library.items_with(list(item_ids))
    kinds = {item.kind for item in items}
    if kinds == {VIDEO.name} and len(items) == 1:
        _sized("chapters", lambda count: show_video(library, encoder, items[0], count))
    else:
        _sized(_name_parts(kinds), lambda count: show_collection(library, encoder, item_ids, None, count, of=of))


@st.dialog("Summary", width="large")
def _folder_dialog(library: Library, encoder: Encoder) -> None:
    names = list_folders(library, encoder)
    folder = None
    if len(names) > 1:
        folder = st.selectbox(
            "Folder", names, index=None, placeholder="All folders", key="summary folder", format_func=names.__getitem__
        )
    of = names[folder] if folder else library.name
    kinds = set(library.index(encoder).items["kind"].unique().to_pylist())
    _sized(_name_parts(kinds), lambda count: show_collection(library, encoder, None, folder, count, of=of))


@st.dialog("Summary", width="large")
def _video_dialog(library: Library, encoder: Encoder, video: Item) -> None:
    _sized("chapters", lambda count: show_video(library, encoder, video, count))


def _name_parts(kinds: set[str]) -> str:
    """What a summary of items of these kinds consists of."""
    if len(kinds) > 1:
        return "of each kind"
    return _PARTS.get(next(iter(kinds), ""), "pictures")


def _sized(what: str, show: Callable[[int], None]) -> None:
    with boundary():
        show(st.slider(f"How many {what}, at most", _FEWEST, _MOST, _FIRST, key=f"summary {what}"))
