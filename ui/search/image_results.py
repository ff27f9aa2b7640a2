"""Results of an image search: a summary line, and one grid with a heading where doubt begins."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from core import Encoder, Filters, Hit, Library, SearchResult, Term
from core.library.filters import ANY
from core.library.schema import Passage
from core.media.modalities import PICTURE, TEXT, get_modality
from core.policy import get_policy
from core.search.match_text import quote_caption
from core.search.sorting import sort_hits
from core.share.hits import hits_csv, write_hits_zip
from ui.components.gallery.gallery import Card, gallery, tick
from ui.search.sort_choice import sort_choice
from ui.search.verdict import doubt_heading, show_verdict
from ui.text import counted, counted_kind, plain, too_large
from ui.widgets.concept_panel import concept_panel
from ui.widgets.details import open_details
from ui.widgets.filters import clear_filters, filter_text
from ui.widgets.link_items import link_with, read_carried, report_taken_over
from ui.widgets.query.box import find_in, more_like
from ui.widgets.query.terms import describe
from ui.widgets.save_report import save_results
from ui.widgets.summary.button import summary_button
from ui.widgets.vector_exchange import export_item_vectors

_GALLERY = "results_gallery"
_TICKED = "ticked"  # in links
_WORDS = 100  # letters of a passage on its card


def show_results(
    library: Library,
    encoder: Encoder,
    terms: Sequence[Term],
    filters: Filters,
    result: SearchResult,
    *,
    videos: bool,
) -> Sequence[Hit]:
    """The whole section below the query; returns the hits as they are shown. videos: whether the library has any."""
    limits = filter_text(filters)
    if not result.considered or not result.hits:
        st.info(f"No {_noun(filters)} matches the filters ({plain(limits)}).", icon=":material/filter_alt:")
        st.button("Clear the filters", on_click=clear_filters, type="primary")
        return ()
    _summary(library, terms, filters, result, limits)
    tools = st.container(horizontal=True, vertical_alignment="center", key="take_away")
    with tools:
        result = replace(result, hits=tuple(sort_hits(result.hits, sort_choice())))
    _select_linked(result.hits)
    chosen = _grid(library, result, videos)
    with tools:
        certain = [hit.item.id for hit in result.hits if hit.is_certain]
        if certain:
            label = "Select likely results" if result.judged else "Select all results"
            st.button(label, on_click=tick, args=(_GALLERY, certain), type="tertiary")
        if chosen:
            _selection_tools([hit for hit in result.hits if hit.item.id in set(chosen)])
            export_item_vectors(library, encoder, chosen, key="results")
            concept_panel(library, encoder, chosen)
            link_with({_TICKED: chosen}, key="ticks link", what="selection", wide=False)
        if chosen or certain:
            summary_button(library, encoder, chosen or certain, key="results", of=describe(library, terms))
        save_results(library, encoder, describe(library, terms), limits, result.hits)
    return result.hits


def _noun(filters: Filters) -> str:
    return "item" if filters.kind == ANY else get_modality(filters.kind or PICTURE.name).title


def _summary(library: Library, terms: Sequence[Term], filters: Filters, result: SearchResult, limits: str) -> None:
    count = result.considered
    kind = None if filters.kind == ANY else get_modality(filters.kind or PICTURE.name)
    among = f"{counted_kind(kind, count) if kind else counted(count, 'item')}{', ' + plain(limits) if limits else ''}"
    show_verdict(result, describe(library, terms), among)


def _select_linked(hits: Sequence[Hit]) -> None:
    """Select what the page's link says, once."""
    ids = set(read_carried(_TICKED).get(_TICKED, ()))
    if not ids:
        return
    linked = [hit.item.id for hit in hits if hit.item.id in ids]
    tick(_GALLERY, linked)
    report_taken_over(counted(len(linked), "selected picture"), len(ids) - len(linked), "picture")


def _grid(library: Library, result: SearchResult, videos: bool) -> list[str]:
    passages = _find_passages(library, result.hits)
    heading = doubt_heading(result)
    cards = [
        Card(
            hit.item,
            hit,
            about=_where(hit, passages.get(hit.item.id)),
            time_s=hit.shown_s,
            section="" if hit.is_certain else heading,
        )
        for hit in result.hits
    ]
    find = partial(find_in, place="video") if videos else None
    return gallery(cards, key=_GALLERY, on_open=open_details, on_like=more_like, on_videos=find, selectable=True)


def _find_passages(library: Library, hits: Sequence[Hit]) -> dict[str, Passage]:
    """The passage that was found of each text, by item id."""
    texts = {hit.item.id: hit.segment for hit in hits if hit.item.kind == TEXT.name and hit.segment}
    found = library.passages(sorted(texts)) if texts else {}
    return {entry.item_id: entry for rows in found.values() for entry in rows if entry.segment == texts[entry.item_id]}


def _where(hit: Hit, passage: Passage | None) -> str:
    """The part of an item that fits best, for people: of a text its words; "" for a whole."""
    if passage is not None:
        text = passage.text.removeprefix(passage.heading or "")  # the heading is part of its place
        words = textwrap.shorten(text, _WORDS, placeholder=" …")
        return f"{passage.where}: {words}" if passage.where else words
    if hit.caption is not None:
        return quote_caption(hit.caption)
    modality = get_modality(hit.item.kind)
    return f"{modality.segment} at {modality.describe(hit.segment.start)}" if hit.segment else ""


def _selection_tools(hits: Sequence[Hit]) -> None:
    st.markdown(f"**{len(hits):,} selected**", width="content")
    st.button("Select none", on_click=tick, args=(_GALLERY, []), type="tertiary")
    st.download_button(
        "Photos (zip)" if all(hit.item.kind == PICTURE.name for hit in hits) else "Files (zip)",
        data=lambda: _zip(hits),
        file_name="semblance.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        disabled=too_large(hit.item for hit in hits),
        on_click="ignore",
        help="The original files, numbered by rank, with a table.",
    )
    st.download_button(
        "Table (CSV)",
        data=hits_csv(hits, redact=get_policy().display_path),
        file_name="semblance.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
    )


def _zip(hits: Sequence[Hit]) -> bytes:
    buffer = io.BytesIO()
    write_hits_zip(hits, buffer, redact=get_policy().display_path)
    return buffer.getvalue()
