"""The button "Summarize", and the dialog that it opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from core import Encoder, Item, Library
from core.media.modalities import TEXT
from ui.button import pressed
from ui.errors import boundary
from ui.widgets.summary.results import show_pictures, show_texts, show_video

_FEWEST, _MOST, _FIRST = 1, 20, 5
_ICON = ":material/summarize:"


def summary_button(
    library: Library, encoder: Encoder, item_ids: Sequence[str], *, key: str, of: str, disabled: bool = False
) -> None:
    """Summarize items: the pictures among them, or the texts where there is nothing else. of: what they are."""
    if pressed("Summarize", key=f"summarize {key}", icon=_ICON, disabled=disabled or not item_ids):
        _items_dialog(library, encoder, tuple(item_ids), of)


def folder_summary_button(library: Library, encoder: Encoder, folders: Sequence[str], *, disabled: bool) -> None:
    """Summarize a library, or one of its folders. folders: absolute paths."""
    if pressed("Summarize", key="summarize library", icon=_ICON, disabled=disabled):
        _folder_dialog(library, encoder, tuple(folders))


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
def _folder_dialog(library: Library, encoder: Encoder, folders: tuple[str, ...]) -> None:
    folder = None
    if len(folders) > 1:
        folder = st.selectbox(
            "Folder", folders, index=None, placeholder="All folders", key="summary folder",
            format_func=_name_apart(folders).__getitem__,
        )  # fmt: skip
    of = _get_name(folder) if folder else library.name
    _sized("pictures", lambda count: show_pictures(library, encoder, None, folder, count, of=of))


@st.dialog("Summary", width="large")
def _video_dialog(library: Library, encoder: Encoder, video: Item) -> None:
    _sized("chapters", lambda count: show_video(library, encoder, video, count))


def _sized(what: str, show: Callable[[int], None]) -> None:
    with boundary():
        show(st.slider(f"How many {what}, at most", _FEWEST, _MOST, _FIRST, key=f"summary {what}"))


def _name_apart(folders: Sequence[str]) -> dict[str, str]:
    """The name of each folder, with as many of those above it as tell it from the others."""
    parts = {folder: folder.replace("\\", "/").strip("/").split("/") for folder in folders}
    ends = Counter(tuple(own[-length:]) for own in parts.values() for length in range(1, len(own) + 1))

    def name(own: list[str]) -> str:
        length = next((length for length in range(1, len(own)) if ends[tuple(own[-length:])] == 1), len(own))
        return "/".join(own[-length:])

    return {folder: name(own) for folder, own in parts.items()}


def _get_name(folder: str) -> str:
    return folder.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1] or folder
