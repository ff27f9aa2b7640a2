"""The query of the search page: what is typed, pictures of the library, uploaded pictures, and their weights.

The box holds everything that can stand in a link (words and `item:ID`); uploaded pictures live in the visit alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st
from PIL import Image

from core import Library, Term, format_query, parse_query
from core.errors import MediaError
from core.media.images import open_image
from core.media.kinds import IMAGE_SUFFIXES
from core.media.thumbnails import thumbnail
from ui.page import boundary, plain

_PICTURE_TYPES = sorted(suffix.removeprefix(".") for suffix in IMAGE_SUFFIXES)
EXAMPLES = ("a cat", "a cup of coffee", "a rocket launch", "a man with a camera", "a swimming pool")


def set_query(text: str) -> None:
    """Replaces the whole query. For callbacks, dialogs, and pages without the box."""
    st.session_state["q"] = text
    st.session_state["uploads"] = []
    st.session_state["asked"] = True


def more_like(item_id: str) -> None:
    """Makes a picture of the library the query."""
    set_query(format_query([Term("item", item_id)]))


def add_term(term: Term) -> None:
    """Adds a term to the query. For callbacks, dialogs, and pages without the box."""
    with boundary():
        st.session_state["q"] = format_query([*typed_terms(), term])
        st.session_state["asked"] = True


def was_asked() -> bool:
    """Whether something put a query together since the last look: then another page goes to the search page."""
    return st.session_state.pop("asked", False)


def typed_terms() -> tuple[Term, ...]:
    """The terms of the box; none where it is empty. Raises QueryError."""
    text = st.session_state.get("q") or ""
    return parse_query(text, files=False) if text.strip() else ()


def query_terms() -> tuple[Term, ...]:
    """All terms, uploaded pictures last. Raises QueryError."""
    return (*typed_terms(), *st.session_state.get("uploads", []))


def query_box() -> None:
    """The box to type in, and the ways to add to it."""
    st.text_input(
        "What to look for",
        key="q",
        bind="query-params",
        type="search",
        placeholder="a cup of coffee on a table",
        help="Words, joined by + and -, each with a weight if you like: 2:beach + sunset - people",
    )


def add_panels() -> None:
    """Two pop-ups: more words, and a picture of one's own."""
    with st.popover("Add words", icon=":material/add:"), st.form("more words", border=False, clear_on_submit=True):
        st.text_input("Words", key="more_words", placeholder="people")
        st.segmented_control("The result should be", ["like this", "unlike this"], default="like this", key="more_sign")
        st.form_submit_button("Add", on_click=_add_words, type="primary")
    with st.popover("Add a picture", icon=":material/add_photo_alternate:"):
        turn = st.session_state.setdefault("upload_turn", 0)
        st.file_uploader(
            "A picture to compare with",
            type=_PICTURE_TYPES,
            key=f"upload {turn}",
            on_change=_add_upload,
            args=(f"upload {turn}",),
            max_upload_size=100,
            help="Used for this search only: it is not kept and not added to the library.",
        )


def term_editor(library: Library, terms: Sequence[Term]) -> None:
    """One row for each term: what it is, its weight, and a button to take it out. Hidden for plain words."""
    if len(terms) == 1 and terms[0].kind == "text" and terms[0].weight == 1:
        return
    with st.container(horizontal=True, gap="small", key="terms"):
        for place, term in enumerate(terms):
            _term(library, terms, place, term)
    if st.session_state.get("uploads"):
        st.caption(":material/link_off: The link of this page does not hold the uploaded picture.")


def _term(library: Library, terms: Sequence[Term], place: int, term: Term) -> None:
    mark = hashlib.blake2b(repr((place, term.weight, term.value)).encode(), digest_size=6).hexdigest()
    with st.container(border=True, width="content", horizontal=True, vertical_alignment="center", wrap=False):
        picture = _picture(library, term)
        if picture is not None:
            st.image(picture, width=44, alt="A picture of the query")
        name = str(term.value) if term.kind == "text" else ("your picture" if term.kind == "image" else "picture")
        st.markdown(f"{':red[without] ' if term.weight < 0 else ''}{plain(name)}", width="content")
        st.number_input(
            "Weight; below zero means unlike this",
            min_value=-max(10.0, abs(term.weight)),
            max_value=max(10.0, abs(term.weight)),
            value=float(term.weight),
            step=0.5,
            format="%.2g",
            key=f"weight {mark}",
            on_change=_reweigh,
            args=(list(terms), place, f"weight {mark}"),
            label_visibility="collapsed",
            width=124,
        )
        st.button(
            "",
            icon=":material/close:",
            key=f"drop {mark}",
            help="Take this out",
            type="tertiary",
            on_click=_put,
            args=([*terms[:place], *terms[place + 1 :]],),
        )


def _picture(library: Library, term: Term) -> bytes | Image.Image | None:
    try:
        if term.kind == "image" and isinstance(term.value, bytes):
            image = open_image(term.value, min_side=88)
            image.thumbnail((176, 176))
            return image
        item = library.item(str(term.value)) if term.kind == "item" else None
        return thumbnail(item) if item else None
    except MediaError:
        return None


def _put(terms: Sequence[Term]) -> None:
    st.session_state["q"] = format_query([term for term in terms if term.kind != "image"])
    st.session_state["uploads"] = [term for term in terms if term.kind == "image"]


def _reweigh(terms: list[Term], place: int, key: str) -> None:
    terms[place] = replace(terms[place], weight=float(st.session_state[key]))
    _put(terms)


def _add_words() -> None:
    words = (st.session_state["more_words"] or "").strip()
    if words:
        add_term(Term("text", words, -1.0 if st.session_state["more_sign"] == "unlike this" else 1.0))


def _add_upload(key: str) -> None:
    file = st.session_state[key]
    if file is not None:
        uploads = st.session_state.get("uploads", [])
        st.session_state["uploads"] = [*uploads, Term("image", file.getvalue())]
        st.session_state["upload_turn"] += 1  # an empty uploader for the next one


def describe(library: Library, terms: Sequence[Term]) -> str:
    """The query in words, for headings: “beach” and picture chelsea.png, without “people”."""
    wanted = [_named(library, term) for term in terms if term.weight > 0]
    unwanted = [_named(library, term) for term in terms if term.weight < 0]
    parts = [" and ".join(wanted)] if wanted else []
    return ", ".join([*parts, *([f"without {' or '.join(unwanted)}"] if unwanted else [])])


def _named(library: Library, term: Term) -> str:
    if term.kind == "text":
        return f"“{term.value}”"
    item = library.item(str(term.value)) if term.kind == "item" else None
    return f"the picture {Path(item.path).name}" if item else "your picture"
