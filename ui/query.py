"""The query of the search pages: what is typed, items and frames of the library, uploads, and their weights.

The box holds everything that can stand in a link (words, `item:ID`, `item:ID@SECOND`); uploads live in the visit alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import streamlit as st
from PIL import Image

from core import Item, Library, Term, format_query, parse_query
from core.errors import MediaError
from core.media.images import open_image
from core.media.kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES, is_image_path
from core.media.thumbnails import thumbnail
from core.query import frame_of
from core.timecode import timecode
from ui.page import boundary, plain

Place = Literal["images", "video"]  # the pages that search
_PAGES: dict[Place, str] = {"images": "pages/search_images.py", "video": "pages/search_video.py"}
_UPLOADED = ("image", "clip")  # kinds of terms that no link can hold
EXAMPLES = ("a cat", "a cup of coffee", "a rocket launch", "a man with a camera", "a swimming pool")


def set_query(text: str, place: Place = "images") -> None:
    """Replaces the whole query, to be asked on a page. For callbacks, dialogs, and pages without the box."""
    st.session_state["q"] = text
    st.session_state["uploads"] = []
    st.session_state["asked"] = place


def more_like(item: Item) -> None:
    """Makes an item of the library the query, among those of its own kind."""
    set_query(format_query([Term("item", item.id)]), "video" if item.kind == "video" else "images")


def find_in(item: Item, place: Place) -> None:
    """Makes an item of the library the query on a page of either kind."""
    set_query(format_query([Term("item", item.id)]), place)


def like_frame(video: str, time_s: float, place: Place) -> None:
    """Makes a frame of a video of the library the query."""
    set_query(format_query([Term("frame", f"{video}@{time_s:.2f}")]), place)


def add_term(term: Term, place: Place = "images") -> None:
    """Adds a term to the query, to be asked on a page. For callbacks, dialogs, and pages without the box."""
    with boundary():
        st.session_state["q"] = format_query([*typed_terms(), term])
        st.session_state["asked"] = place


def going() -> bool:
    """Whether something put a query together that is not asked yet: then the page has to run again."""
    return "asked" in st.session_state


def go_where_asked(here: Place | None = None) -> None:
    """Takes a query that something put together to the page on which it is to be asked, if that is not `here`."""
    place: Place | None = st.session_state.pop("asked", None)
    if place is not None and place != here:
        kept = {name: st.query_params[name] for name in ("library", "encoder") if name in st.query_params}
        if here is None:
            kept["q"] = st.session_state["q"]
        else:  # where there is a box, Streamlit keeps its hands on the parameter, and drops it with the page
            st.session_state["brought"] = st.session_state["q"]
        st.switch_page(_PAGES[place], query_params=kept)


def typed_terms() -> tuple[Term, ...]:
    """The terms of the box; none where it is empty. Raises QueryError."""
    text = st.session_state.get("q") or ""
    return parse_query(text, files=False) if text.strip() else ()


def query_terms() -> tuple[Term, ...]:
    """All terms, uploaded pictures last. Raises QueryError."""
    return (*typed_terms(), *st.session_state.get("uploads", []))


def query_box() -> None:
    """The box to type in, which takes up what another page brought."""
    if "brought" in st.session_state:
        st.session_state["q"] = st.session_state.pop("brought")
    st.text_input(
        "What to look for",
        key="q",
        bind="query-params",
        type="search",
        placeholder="a cup of coffee on a table",
        help="Words, joined by + and -, each with a weight if you like: 2:beach + sunset - people",
    )


def add_panels(place: Place) -> None:
    """Two pop-ups: more words, and a picture of one's own or, among videos, a clip."""
    with st.popover("Add words", icon=":material/add:"), st.form("more words", border=False, clear_on_submit=True):
        st.text_input("Words", key="more_words", placeholder="people")
        st.segmented_control("The result should be", ["like this", "unlike this"], default="like this", key="more_sign")
        st.form_submit_button("Add", on_click=_add_words, args=(place,), type="primary")
    clips = place == "video"
    with st.popover(f"Add a picture{' or clip' if clips else ''}", icon=":material/add_photo_alternate:"):
        turn = st.session_state.setdefault("upload_turn", 0)
        st.file_uploader(
            "A picture or a clip to compare with" if clips else "A picture to compare with",
            type=sorted(suffix.removeprefix(".") for suffix in IMAGE_SUFFIXES | (VIDEO_SUFFIXES if clips else set())),
            key=f"upload {turn}",
            on_change=_add_upload,
            args=(f"upload {turn}",),
            max_upload_size=500 if clips else 100,
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
        upload = "clip" if any(term.kind == "clip" for term in st.session_state["uploads"]) else "picture"
        st.caption(f":material/link_off: The link of this page does not hold the uploaded {upload}.")


def _term(library: Library, terms: Sequence[Term], place: int, term: Term) -> None:
    mark = hashlib.blake2b(repr((place, term.weight, term.value)).encode(), digest_size=6).hexdigest()
    with st.container(border=True, width="content", horizontal=True, vertical_alignment="center", wrap=False):
        picture = _picture(library, term)
        if picture is not None:
            st.image(picture, width=44, alt="A picture of the query")
        st.markdown(f"{':red[without] ' if term.weight < 0 else ''}{plain(_short(library, term))}", width="content")
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
        item, time_s = _of_library(library, term)
        return thumbnail(item, time_s=time_s) if item else None
    except MediaError:
        return None


def _of_library(library: Library, term: Term) -> tuple[Item | None, float | None]:
    """The item that a term names, and the second of it; (None, None) where it names none."""
    if term.kind not in ("item", "frame"):
        return None, None
    item_id, time_s = frame_of(str(term.value)) if term.kind == "frame" else (str(term.value), None)
    return library.item(item_id), time_s


def _short(library: Library, term: Term) -> str:
    if term.kind == "text":
        return str(term.value)
    if term.kind in _UPLOADED:
        return "your clip" if term.kind == "clip" else "your picture"
    item, time_s = _of_library(library, term)
    if time_s is not None:
        return f"frame at {timecode(time_s)}"
    return "video" if item and item.kind == "video" else "picture"


def _put(terms: Sequence[Term]) -> None:
    st.session_state["q"] = format_query([term for term in terms if term.kind not in _UPLOADED])
    st.session_state["uploads"] = [term for term in terms if term.kind in _UPLOADED]


def _reweigh(terms: list[Term], place: int, key: str) -> None:
    terms[place] = replace(terms[place], weight=float(st.session_state[key]))
    _put(terms)


def _add_words(place: Place) -> None:
    words = (st.session_state["more_words"] or "").strip()
    if words:
        add_term(Term("text", words, -1.0 if st.session_state["more_sign"] == "unlike this" else 1.0), place)


def _add_upload(key: str) -> None:
    file = st.session_state[key]
    if file is not None:
        uploads = st.session_state.get("uploads", [])
        kind: Literal["image", "clip"] = "image" if is_image_path(file.name) else "clip"
        st.session_state["uploads"] = [*uploads, Term(kind, file.getvalue())]
        st.session_state["upload_turn"] += 1  # an empty uploader for the next one


def describe(library: Library, terms: Sequence[Term]) -> str:
    """The query in words, for headings: “beach” and picture chelsea.png, without “people”."""
    wanted = [_named(library, term) for term in terms if term.weight > 0]
    unwanted = [_named(library, term) for term in terms if term.weight < 0]
    parts = [" and ".join(wanted)] if wanted else []
    return ", ".join([*parts, *([f"without {' or '.join(unwanted)}"] if unwanted else [])])


def by_pictures(terms: Sequence[Term]) -> bool:
    """Who shows a picture, and no words, wants to see what comes nearest whether or not it is likely meant."""
    return all(term.kind != "text" for term in terms)


def _named(library: Library, term: Term) -> str:
    if term.kind == "text":
        return f"“{term.value}”"
    item, time_s = _of_library(library, term)
    if item is None:
        return _short(library, term)
    name = Path(item.path).name
    if time_s is not None:
        return f"the frame at {timecode(time_s)} of {name}"
    return f"the {'video' if item.kind == 'video' else 'picture'} {name}"
