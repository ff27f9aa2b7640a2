"""The terms of a query in words, and as a row of small editors with pictures and weights."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st
from PIL import Image

from core import Encoder, Item, Library, Term
from core.encoders import DEFAULT_ENCODER, get_base_name
from core.errors import MediaError
from core.media.isolated import open_isolated
from core.media.modalities import PICTURE, get_modality
from core.previews.thumbnails import make_thumbnail
from core.search.query import parse_frame
from core.utils.timecode import format_timecode
from ui.session.state import get_state
from ui.text import plain
from ui.widgets.query.box import UPLOADED, QueryState, put_terms


def term_editor(library: Library, encoder: Encoder, terms: Sequence[Term]) -> None:
    """An editor for each term: what it is, its weight, and a button to remove it. Hidden for plain words."""
    if all(term.weight <= 0 for term in terms):
        st.info("This says only what to avoid. Add what to look for: beach - dog", icon=":material/help:")
    if any(term.kind == "text" and _is_foreign(encoder, str(term.value)) for term in terms):
        st.info("This encoder reads English only: ask in English.", icon=":material/translate:")
    if len(terms) == 1 and terms[0].kind == "text" and terms[0].weight == 1:
        return
    with st.container(horizontal=True, gap="small", key="terms"):
        for place, term in enumerate(terms):
            _term(library, terms, place, term)
    if uploads := get_state(QueryState).uploads:
        upload = "clip" if any(term.kind == "clip" for term in uploads) else "picture"
        st.caption(f":material/link_off: The page link does not include the uploaded {upload}.")


def _is_foreign(encoder: Encoder, text: str) -> bool:
    """Whether most letters are of another script than the one that the embedded encoder reads."""
    letters = [letter for letter in text if letter.isalpha()]
    strange = sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return (get_base_name(encoder.name) or encoder.name) == DEFAULT_ENCODER and strange > len(letters) / 2


def _term(library: Library, terms: Sequence[Term], place: int, term: Term) -> None:
    mark = f"{hash((place, term.weight, term.value)):x}"  # Python caches the hash of an upload, which may be large
    with st.container(border=True, width="content", horizontal=True, vertical_alignment="center", wrap=False):
        picture = term_picture(library, term)
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
            help="Remove",
            type="tertiary",
            on_click=put_terms,
            args=([*terms[:place], *terms[place + 1 :]],),
        )


def term_picture(library: Library, term: Term) -> bytes | Image.Image | None:
    """A thumbnail of a term; None for words and for what cannot be read."""
    try:
        if term.kind == "image" and isinstance(term.value, bytes):
            image = open_isolated(term.value, min_side=88)
            image.thumbnail((176, 176))
            return image
        item, time_s = _find_item(library, term)
        return make_thumbnail(item, time_s=time_s) if item else None
    except MediaError:
        return None


def describe(library: Library, terms: Sequence[Term]) -> str:
    """The query in words, for headings: “beach” and picture chelsea.png, without “people”."""
    positive = [_name(library, term) for term in terms if term.weight > 0]
    unwanted = [_name(library, term) for term in terms if term.weight < 0]
    parts = [" and ".join(positive)] if positive else []
    return ", ".join([*parts, *([f"without {' or '.join(unwanted)}"] if unwanted else [])])


def _name(library: Library, term: Term) -> str:
    if term.kind == "text":
        return f"“{term.value!s}”"
    if term.kind == "concept":
        return f"the concept “{term.value!s}”"
    item, time_s = _find_item(library, term)
    if item is None:
        return _short(library, term)
    name = Path(item.path).name
    if time_s is not None:
        return f"the frame at {format_timecode(time_s)} of {name}"
    return f"the {'video' if item.kind == 'video' else 'picture'} {name}"


def _find_item(library: Library, term: Term) -> tuple[Item | None, float | None]:
    """The item that a term names, and its second; (None, None) if it names none."""
    if term.kind not in ("item", "frame"):
        return None, None
    item_id, time_s = parse_frame(str(term.value)) if term.kind == "frame" else (str(term.value), None)
    return library.item(item_id), time_s


def _short(library: Library, term: Term) -> str:
    if term.is_word:
        return str(term.value)
    if term.kind in UPLOADED:
        return "your clip" if term.kind == "clip" else "your picture"
    item, time_s = _find_item(library, term)
    if time_s is not None:
        return f"frame at {format_timecode(time_s)}"
    return get_modality(item.kind if item else PICTURE.name).title


def _reweigh(terms: list[Term], place: int, key: str) -> None:
    terms[place] = replace(terms[place], weight=float(st.session_state[key]))
    put_terms(terms)
