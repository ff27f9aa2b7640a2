"""The button "Summarize", and the dialog that it opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core import Encoder, Item, Library
from core.media.modalities import TEXT
from ui.button import pressed
from ui.errors import boundary
from ui.session.folders import list_folders
from ui.widgets.summary.results import show_pictures, show_texts, show_video

_FEWEST, _MOST, _FIRST = 1, 20, 5
_ICON = ":material/summarize:"


def summary_button(
    library: Library, encoder: Encoder, item_ids: Sequence[str], *, key: str, of: str, disabled: bool = False
) -> None:
    """Summarize items: the pictures among them, or the texts where there is nothing else. of: what they are."""
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
    kinds = {item.kind for item in library.items_with(list(item_ids))}
    if kinds == {TEXT.name}:
        _sized("sentences", lambda count: show_texts(library, item_ids, count))
    else:
        _sized("pictures", lambda count: show_pictures(library, encoder, item_ids, None, count, of=of))


@st.dialog("Summary", width="large")
def _folder_dialog(library: Library, encoder: Encoder) -> None:
    names = list_folders(library, encoder)
    folder = None
    if len(names) > 1:
        folder = st.selectbox(
            "Folder", names, index=None, placeholder="All folders", key="summary folder", format_func=names.__getitem__
        )
    of = names[folder] if folder else library.name
    _sized("pictures", lambda count: show_pictures(library, encoder, None, folder, count, of=of))


@st.dialog("Summary", width="large")
def _video_dialog(library: Library, encoder: Encoder, video: Item) -> None:
    _sized("chapters", lambda count: show_video(library, encoder, video, count))


def _sized(what: str, show: Callable[[int], None]) -> None:
    with boundary():
        show(st.slider(f"How many {what}, at most", _FEWEST, _MOST, _FIRST, key=f"summary {what}"))
