"""One picture or video close up: large, with its facts, and what to do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from core import Hit, Item, Term
from core.errors import MediaError
from core.media.thumbnails import thumbnail
from core.timecode import timecode
from ui.gallery import chance_text
from ui.page import boundary, counted, item_date, plain, size_text
from ui.query import Place, add_term, find_in
from ui.video_player import player

_LARGE = 1280  # pixels of the kept picture
_WIDEST, _TALLEST = 760, 620  # pixels on the page, so that the facts stay in sight


def open_details(item: Item) -> None:
    """Asks for the details of an item in the coming run. For callbacks."""
    st.session_state["details"] = item.id


def show_details(
    hits: Sequence[Hit], items: Sequence[Item] = (), *, videos: bool = False, place: Place | None = None
) -> None:
    """Opens what was asked for, if it is among these.

    videos: whether the library has any to find a picture in. place: the page that "Add to the query" asks; by default
    that of the item's kind.
    """
    wanted = st.session_state.pop("details", None)
    for hit in hits:
        if hit.item.id == wanted:
            _dialog(hit.item, hit, videos, place)
    for item in items:
        if item.id == wanted:
            _dialog(item, None, videos, place)


@st.dialog("Details", width="large")
def _dialog(item: Item, hit: Hit | None, videos: bool, place: Place | None) -> None:
    with boundary():
        left, right = st.columns([3, 2])
        with left:
            _picture(item)
        with right:
            _facts(item, hit)
            _actions(item, videos, place)


def _picture(item: Item) -> None:
    try:
        if item.kind == "video":
            player(item, time_s=0.0, turn=0, key=f"player {item.id}")
            return
        data = thumbnail(item, side=_LARGE)
    except MediaError as error:
        st.warning(plain(str(error)), icon=":material/broken_image:")
        return
    tall = item.height / item.width if item.width and item.height else 1.0
    st.image(data, width=round(min(_WIDEST, _TALLEST / tall)), alt=Path(item.path).name)


def _facts(item: Item, hit: Hit | None) -> None:
    st.markdown(f"##### {plain(Path(item.path).name)}")
    if hit is not None:
        st.markdown(
            f"**{chance_text(hit.relevance)}** · cosine {hit.score:.2f}",
            help="The percentage estimates how probable it is that this picture is what the query means, judged "
            "against the rest of the library. The cosine is the raw closeness of query and picture, -1 to 1; it "
            "compares pictures of one query, never two queries.",
        )
    word, when = item_date(item)
    length = f"{timecode(item.duration_s)} · " if item.duration_s is not None else ""
    size = length + (f"{item.width:,} × {item.height:,} px · " if item.width and item.height else "")
    st.markdown(f"{size}{size_text(item.bytes)}  \n{word.capitalize()} {when:%d %b %Y, %H:%M}")
    st.code(item.path, language=None, wrap_lines=True)
    if item.reason:
        st.caption(plain(item.reason))
    if hit is not None and hit.duplicates:
        st.markdown(f"{counted(len(hit.duplicates), 'near-identical picture')} folded into this one:")
        st.code("\n".join(other.path for other in hit.duplicates), language=None, wrap_lines=True)


def _actions(item: Item, videos: bool, place: Place | None) -> None:
    like, less = Term("item", item.id), Term("item", item.id, -1.0)
    own: Place = "video" if item.kind == "video" else "images"
    actions: list[tuple[str, str, Callable[..., None], tuple[object, ...]]] = [
        ("More like this", ":material/image_search:", find_in, (item, own)),
        ("Add to the query", ":material/add:", add_term, (like, place or own)),
        ("Less like this", ":material/remove:", add_term, (less, place or own)),
    ]
    if item.kind == "video":
        actions.insert(1, ("Pictures like this", ":material/imagesmode:", find_in, (item, "images")))
    elif videos:
        actions.insert(1, ("Find in videos", ":material/video_search:", find_in, (item, "video")))
    pressed = [
        st.button(
            label,
            icon=icon,
            type="secondary" if number else "primary",
            on_click=act,
            args=args,
            width="stretch",
        )
        for number, (label, icon, act, args) in enumerate(actions)
    ]
    if any(pressed):
        st.rerun()  # the whole page: the dialog closes and the new answer shows
