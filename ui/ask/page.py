"""Ask: a question to the library."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core import Encoder, Filters, Hit, Library
from core.ask import AnswerReader, Reply, ask
from core.library.filters import ANY
from core.media.modalities import TEXT
from core.media.modality import Modality, Segment
from ui.ask.answers import list_places, show_answers
from ui.ask.question import follow_up_box, get_before, question_box, show_before, show_examples
from ui.ask.reader import choose_reader, reader_name
from ui.components.gallery.gallery import Card, gallery
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.snippets.ask import ask_lines
from ui.text import counted_kind, plain
from ui.widgets.code_block import in_python
from ui.widgets.details import open_details, show_details
from ui.widgets.filters import filter_panel, filter_text, items_with_label
from ui.widgets.page_start import PageContext, start_page
from ui.widgets.query.box import follow_request, more_like, title_of

_MOST = 8  # answers, pictures and moments each


def page() -> None:
    at = start_page("There is no library to ask yet.")
    if at is None:
        return
    follow_request()
    question = question_box()
    with st.container(horizontal=True, vertical_alignment="center", key="query_tools"):
        kind = _choose_kind(at.facts.searchable.kinds)
        filters = replace(filter_panel(at.library, at.encoder, None), kind=kind)
        texts = bool(at.facts.searchable.counts.get(TEXT.name))
        reader = choose_reader() if texts else None
    if not texts:
        _say_no_texts()
    if not question:
        show_examples(at.library, at.library.index(at.encoder))
        return
    reply = _find(at.library, at.encoder, question, get_before(), filters, reader)
    show_before(reply)
    _show(at, reply, filters, texts=texts)
    in_python(ask_lines(at.library, at.encoder, reply, filters, reader=reader_name() if reader else None))


def _choose_kind(kinds: list[Modality]) -> str:
    """What is asked: everything, or one kind of items."""
    if len(kinds) < 2:
        return ANY
    names = [ANY, *(kind.name for kind in kinds)]
    return st.segmented_control(
        "Kind", names, default=ANY, required=True, key="kind", bind="query-params", format_func=title_of,
        label_visibility="collapsed",
    )  # fmt: skip


def _say_no_texts() -> None:
    st.info(
        "This library has no texts, so no sentence can answer. Pictures and moments that fit are shown.",
        icon=":material/description:",
    )
    st.page_link("pages/library.py", label="Add texts on the page Library", icon=":material/arrow_forward:")


def _find(
    library: Library, encoder: Encoder, question: str, before: str, filters: Filters, reader: AnswerReader | None
) -> Reply:
    """The reply, cached until its inputs change."""
    load_encoder(encoder)

    def compute() -> Reply:
        with st.spinner("Reading …"):
            return ask(library, encoder, question, after=before, k=_MOST, filters=filters, reader=reader)

    key = (encoder.id, question, before, filters, items_with_label(library, filters), reader)
    return get_cached("ask", key, library.index(encoder), compute)


def _show(at: PageContext, reply: Reply, filters: Filters, *, texts: bool) -> None:
    """The answers on one side, what fits on the other; below them the follow-up."""
    beside = _find_beside(reply)
    asks_texts = texts and filters.kind in (ANY, TEXT.name)
    limits = filter_text(filters)
    if asks_texts:
        st.markdown(f"#### {'Answers' if reply.found else 'No answer found here'}")
        among = f"Among {counted_kind(TEXT, reply.considered)}{', ' + plain(limits) if limits else ''}"
        st.caption(among)
        left, right = st.columns([3, 2], gap="medium") if beside else (st.container(), None)
        with left:
            show_answers(reply)
            follow_up_box(reply)
    else:
        right = st.container()
    if right is not None:
        with right:
            _show_beside(reply, beside)
    hits = [card.hit for card in beside if card.hit is not None]
    show_details([*list_places(reply.answers), *hits], videos=bool(at.facts.searchable.videos))


def _find_beside(reply: Reply) -> list[Card]:
    """Cards of the pictures and moments that fit."""
    cards = [Card(hit.item, hit, section="Pictures that fit") for hit in reply.pictures]
    for item, moment in reply.moments:
        segment = Segment(moment.enter_s, moment.end_s)
        hit = Hit(item, moment.score, moment.relevance, moment.likely, segment, judged=moment.judged)
        cards.append(Card(item, hit, time_s=moment.peak_s, section="Moments that fit"))
    return cards


def _show_beside(reply: Reply, cards: list[Card]) -> None:
    if cards:
        starts = {card.item.id: card.hit.start_s for card in cards if card.hit is not None}
        gallery(cards, key="beside", on_open=lambda item: open_details(item, starts.get(item.id)), on_like=more_like)
    elif not reply.answers:
        st.info("Nothing here fits this question.", icon=":material/search_off:")
