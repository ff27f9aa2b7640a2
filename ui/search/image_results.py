"""Results of an image search: a summary line, the likely matches, and less likely ones on request."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import Encoder, Filters, Hit, Library, SearchResult, Term
from core.library.schema import Passage
from core.media.modalities import PICTURE, TEXT, get_modality
from core.media.modality import Modality
from core.policy import get_policy
from core.search.relevance import LIKELY
from core.share.hits import hits_csv, write_hits_zip
from ui.components.gallery.gallery import Card, gallery, tick
from ui.text import counted, counted_kind, percent, plain, too_large
from ui.widgets.concept_panel import concept_panel
from ui.widgets.details import open_details
from ui.widgets.filters import clear_filters, filter_text
from ui.widgets.link_items import link_with, read_carried, report_taken_over
from ui.widgets.query_box import find_in, more_like
from ui.widgets.query_terms import describe, has_image_terms
from ui.widgets.save_report import save_results
from ui.widgets.vector_exchange import export_item_vectors

_LIKELY, _BEYOND = "likely_gallery", "beyond_gallery"
_TICKED = "ticked"  # in links
_WORDS = 160  # letters of a passage on its card


def show_results(
    library: Library,
    encoder: Encoder,
    terms: Sequence[Term],
    filters: Filters,
    result: SearchResult,
    *,
    videos: bool,
) -> None:
    """The whole section below the query. videos: whether the library has any."""
    limits = filter_text(filters)
    if not result.considered or not result.hits:
        st.info(f"No {_kind(filters).title} matches the filters ({plain(limits)}).", icon=":material/filter_alt:")
        st.button("Clear the filters", on_click=clear_filters, type="primary")
        return
    likely, beyond = result.hits[: result.cutoff], result.hits[result.cutoff :]
    _summary(library, terms, filters, result, limits)
    tools = st.container(horizontal=True, vertical_alignment="center", key="take_away")
    _select_linked(likely, beyond)
    chosen = _grid(library, likely, _LIKELY, videos) if likely else []
    if likely and beyond:
        st.markdown("**Likely matches end here**", width="content")
        st.caption(
            f"The rest is less than {percent(LIKELY)} likely; a broad word such as “a dog” may have more matches there."
        )
    shows_beyond = bool(beyond) and (
        (not likely and has_image_terms(terms)) or _wants_beyond(bool(likely), len(beyond))
    )
    if shows_beyond:
        chosen += _grid(library, beyond, _BEYOND, videos)
    if likely or shows_beyond:
        with tools:
            _selection_tools(
                [hit for hit in result.hits if hit.item.id in set(chosen)], [hit.item.id for hit in likely]
            )
            export_item_vectors(library, encoder, chosen, key="results")
            shown = (*likely, *(beyond if shows_beyond else ()))
            save_results(library, encoder, describe(library, terms), limits, shown)
            concept_panel(library, encoder, chosen)
            link_with({_TICKED: chosen}, key="ticks link", what="selection", wide=False)


def _kind(filters: Filters) -> Modality:
    return get_modality(filters.kind or PICTURE.name)


def _summary(library: Library, terms: Sequence[Term], filters: Filters, result: SearchResult, limits: str) -> None:
    request = plain(describe(library, terms))
    among = f"{counted_kind(_kind(filters), result.considered)}{', ' + plain(limits) if limits else ''}"
    if result.cutoff:
        matches = "1 likely match" if result.cutoff == 1 else f"{result.cutoff:,} likely matches"
        more = " or more" if result.cutoff == len(result.hits) < result.considered else ""
        st.markdown(f"#### {matches}{more} for {request}")
    elif has_image_terms(terms):
        st.markdown(f"#### Nothing here clearly matches {request}; these are the closest")
    else:
        st.markdown(f"#### Nothing here matches {request}")
    st.caption(f"Among {among} · {1000 * result.seconds:.0f} ms")


def _select_linked(likely: Sequence[Hit], beyond: Sequence[Hit]) -> None:
    """Select what the page's link says, once."""
    ids = set(read_carried(_TICKED).get(_TICKED, ()))
    if not ids:
        return
    found = 0
    for key, hits in ((_LIKELY, likely), (_BEYOND, beyond)):
        linked = [hit.item.id for hit in hits if hit.item.id in ids]
        tick(key, linked)
        found += len(linked)
    report_taken_over(counted(found, "selected picture"), len(ids) - found, "picture")


def _wants_beyond(some_likely: bool, count: int) -> bool:
    label = "Show less likely results" if some_likely else "Show the closest results anyway"
    return st.toggle(f"{label} ({count:,})", key="beyond", bind="query-params")


def _grid(library: Library, hits: Sequence[Hit], key: str, videos: bool) -> list[str]:
    passages = _find_passages(library, hits)
    cards = [Card(hit.item, hit, about=_where(hit, passages.get(hit.item.id)), time_s=hit.start_s) for hit in hits]
    find = partial(find_in, place="video") if videos else None
    return gallery(cards, key=key, on_open=open_details, on_like=more_like, on_videos=find, selectable=True)


def _find_passages(library: Library, hits: Sequence[Hit]) -> dict[str, Passage]:
    """The passage that was found of each text, by item id."""
    texts = {hit.item.id: hit.segment for hit in hits if hit.item.kind == TEXT.name and hit.segment}
    found = library.passages(sorted(texts)) if texts else {}
    return {entry.item_id: entry for rows in found.values() for entry in rows if entry.segment == texts[entry.item_id]}


def _where(hit: Hit, passage: Passage | None) -> str:
    """The part of an item that fits best, for people: of a text its words; "" for a whole."""
    if passage is not None:
        words = textwrap.shorten(passage.text, _WORDS, placeholder=" …")
        return f"{passage.where}: {words}" if passage.where else words
    modality = get_modality(hit.item.kind)
    return f"{modality.segment} at {modality.describe(hit.segment.start)}" if hit.segment else ""


def _selection_tools(hits: Sequence[Hit], likely: Sequence[str]) -> None:
    st.markdown(f"**{len(hits):,} selected**", width="content")
    st.button("Select all likely", on_click=tick, args=(_LIKELY, likely), disabled=not likely, type="tertiary")
    st.button("Select none", on_click=_untick, disabled=not hits, type="tertiary")
    st.download_button(
        "Photos (zip)",
        data=lambda: _zip(hits),
        file_name="semblance.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        disabled=not hits or too_large(hit.item for hit in hits),
        on_click="ignore",
        help="The original files, numbered by rank, with a table.",
    )
    st.download_button(
        "Table (CSV)",
        data=hits_csv(hits, redact=get_policy().display_path),
        file_name="semblance.csv",
        mime="text/csv",
        icon=":material/table:",
        disabled=not hits,
        on_click="ignore",
    )


def _untick() -> None:
    for key in (_LIKELY, _BEYOND):
        tick(key, [])


def _zip(hits: Sequence[Hit]) -> bytes:
    buffer = io.BytesIO()
    write_hits_zip(hits, buffer, redact=get_policy().display_path)
    return buffer.getvalue()
