"""One picture close up: large, with its facts, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core import Hit, Item, Term
from core.errors import MediaError
from core.media.thumbnails import thumbnail
from ui.gallery import chance_text
from ui.page import boundary, counted, item_date, plain, size_text
from ui.query import add_term, more_like

_LARGE = 1280  # pixels of the kept picture
_WIDEST, _TALLEST = 760, 620  # pixels on the page, so that the facts stay in sight


def open_details(item_id: str) -> None:
    """Asks for the details of an item in the coming run. For callbacks."""
    st.session_state["details"] = item_id


def show_details(hits: Sequence[Hit], items: Sequence[Item] = ()) -> None:
    """Opens what was asked for, if it is among these."""
    wanted = st.session_state.pop("details", None)
    for hit in hits:
        if hit.item.id == wanted:
            _dialog(hit.item, hit)
    for item in items:
        if item.id == wanted:
            _dialog(item, None)


@st.dialog("Details", width="large")
def _dialog(item: Item, hit: Hit | None) -> None:
    with boundary():
        left, right = st.columns([3, 2])
        with left:
            _picture(item)
        with right:
            _facts(item, hit)
            _actions(item)


def _picture(item: Item) -> None:
    try:
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
    size = f"{item.width:,} × {item.height:,} px · " if item.width and item.height else ""
    st.markdown(f"{size}{size_text(item.bytes)}  \n{word.capitalize()} {when:%d %b %Y, %H:%M}")
    st.code(item.path, language=None, wrap_lines=True)
    if hit is not None and hit.duplicates:
        st.markdown(f"{counted(len(hit.duplicates), 'near-identical picture')} folded into this one:")
        st.code("\n".join(other.path for other in hit.duplicates), language=None, wrap_lines=True)


def _actions(item: Item) -> None:
    like, less = Term("item", item.id), Term("item", item.id, -1.0)
    wide = {"width": "stretch"}
    again = (
        st.button(
            "More like this",
            icon=":material/image_search:",
            type="primary",
            on_click=more_like,
            args=(item.id,),
            **wide,
        ),
        st.button("Add to the query", icon=":material/add:", on_click=add_term, args=(like,), **wide),
        st.button("Less like this", icon=":material/remove:", on_click=add_term, args=(less,), **wide),
    )
    if any(again):
        st.rerun()  # the whole page: the dialog closes and the new answer shows
