"""The same query as a word, as a picture and as a clip, and the overlap of the results."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core import Encoder, Filters, Library, Term, format_query, search
from core.geometry.modality_gap import Overlap, measure_agreement
from core.media.modalities import PICTURE, VIDEO
from core.search.query import query_state
from ui.components.gallery.gallery import Card, gallery
from ui.session.cache import get_cached
from ui.session.libraries import library_facts
from ui.text import percent, plain
from ui.widgets.details import open_details, show_details
from ui.widgets.item_picker import pick_item, set_item
from ui.widgets.query.box import more_like
from ui.widgets.query.default_terms import example_item, example_words, ready_words, term_code

_TOP = 10


def query_section(library: Library, encoder: Encoder) -> str:
    """Pickers and a row of results for each; returns the lines of Python. Raises QueryError."""
    ready_words(encoder)
    videos = bool(library_facts(library, encoder).searchable.videos)
    words = example_words(library, encoder, "word")
    defaults = {"word": words, "picture": example_item(library, encoder, "picture", words) if words else ""}
    labels = {"word": "As a word", "picture": "As a picture", "clip": "As a clip"}
    request: dict[str, Term] = {}
    with st.container(key="three_ways"):
        for column, (key, label) in zip(st.columns(3, gap="medium"), labels.items(), strict=True):
            with column:
                term = pick_item(
                    label, key, library=library, encoder=encoder, default=defaults.get(key, ""),
                    placeholder="a word" if key == "word" else f"choose a {key}",
                )  # fmt: skip
            if term is not None:
                request[key] = term
    if "word" in request and len(request) < (3 if videos else 2):
        what = "picture and clip" if videos else "picture"
        st.button(
            f"Use the best {what} for this word", icon=":material/auto_awesome:", type="primary",
            on_click=_take_best, args=(library, encoder, request["word"], videos),
        )  # fmt: skip
    if not request:
        st.info("Choose the same thing in at least two ways.", icon=":material/edit:")
        return ""
    answers, overlaps = get_cached(
        "three ways",
        (encoder.id, *request.items(), *query_state(encoder, [*request.values()])),
        library.index(encoder),
        lambda: measure_agreement(library, encoder, request, top_k=_TOP, filters=Filters(kind=PICTURE.name)),
    )  # fmt: skip
    if any(answers.values()):
        _show_overlaps(overlaps)
        _rows(library, answers)
    else:
        st.info("The library has no other pictures than those in the query.", icon=":material/image:")
    return _code(request)


def _take_best(library: Library, encoder: Encoder, word: Term, videos: bool) -> None:
    for key, kind in (("picture", PICTURE.name), ("clip", VIDEO.name)):
        hits = search(library, encoder, [word], top_k=1, filters=Filters(kind=kind), captions=False).hits
        if hits and (kind == PICTURE.name or videos):
            set_item(key, format_query([Term("item", hits[0].item.id)]))


def _show_overlaps(overlaps: list[Overlap]) -> None:
    if not overlaps:
        return
    said = "; ".join(f"{overlap.first} and {overlap.second} **{percent(overlap.share)}**" for overlap in overlaps)
    st.markdown(f"#### Shared by the first {_TOP} results: {said}")
    st.caption(
        "The query items themselves are left out of the results.",
        help="The results need not agree: a word names one thing, a picture also shows a place, colors and a style, "
        "and a clip is the mean of its frames.",
    )


def _rows(library: Library, answers: dict[str, list[str]]) -> None:
    count = Counter(item_id for ids in answers.values() for item_id in ids)
    items = {item_id: library.item(item_id) for item_id in count}
    for name, ids in answers.items():
        st.markdown(f"**Results for the {plain(name)}**")
        cards = [
            Card(item, badge=f"found by {count[item_id]}" if count[item_id] > 1 else "")
            for item_id in ids
            if (item := items[item_id]) is not None
        ]
        gallery(cards, key=f"asked {name}", on_open=open_details, on_like=more_like)
    show_details((), [item for item in items.values() if item is not None])


def _code(request: dict[str, Term]) -> str:
    terms = ", ".join(f"{name!r}: {term_code(term)}" for name, term in request.items())
    return f"""from core import Filters, Term
from core.geometry.modality_gap import measure_agreement

queries = {{{terms}}}
answers, overlaps = measure_agreement(library, encoder, queries, top_k={_TOP}, filters=Filters(kind="image"))
print(overlaps)
for name, ids in answers.items():
    print(name, [item.path for item in map(library.item, ids) if item])
"""
