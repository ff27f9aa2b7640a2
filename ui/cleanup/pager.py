"""Findings as pictures to select, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Library
from core.cleanup.findings import Finding
from ui.cleanup.selection import get_chosen, get_turn, show_reasons, update_ticked
from ui.components.gallery.gallery import Card, Facts, Ticks, gallery
from ui.text import size_text
from ui.widgets.details import open_details, show_details
from ui.widgets.query.box import more_like

T = TypeVar("T")
Pair = tuple[Finding, Card]


def in_pages(
    library: Library,
    entries: Sequence[T],
    cards_of: Callable[[int, T], Sequence[Pair]],
    *,
    key: str,
    per_page: int,
    pages: DeltaGenerator,
    framed: bool = False,
) -> None:
    """Show entries page by page; cards_of(number, entry) makes the cards of an entry.

    pages: container of the page numbers.
    """
    count = max(1, -(-len(entries) // per_page))
    place = f"{key} page"
    if st.session_state.get(place, 1) > count:  # fewer since
        st.session_state[place] = count
    page = 1
    if count > 1:
        with pages:
            page = st.pagination(count, key=place, max_visible_pages=5)
    first = (page - 1) * per_page
    pairs = [
        pair
        for number, entry in enumerate(entries[first : first + per_page], start=first + 1)
        for pair in cards_of(number, entry)
    ]
    shown = [finding for finding, _ in pairs]
    cards = [card for _, card in pairs]
    show_reasons(library, shown)
    gallery(
        cards,
        key=f"{key} gallery",
        on_open=open_details,
        on_like=more_like,
        ticks=Ticks(get_chosen(library), get_turn(), lambda ids: update_ticked(library, shown, ids)),
        framed=framed,
    )
    show_details((), [*(card.item for card in cards), *(other for card in cards for other in card.near)])


def size_facts(finding: Finding) -> Facts:
    """Pixels and bytes, and the cosine to the best copy."""
    item = finding.item
    pixels = f"{item.width:,} × {item.height:,}" if item.width and item.height else ""
    return Facts(
        None,
        f"{pixels} · {size_text(item.bytes)}" if pixels else size_text(item.bytes),
        "Width and height in pixels, and the size of the file",
        "" if finding.cosine is None else f"{finding.cosine:.3f}",
        "Cosine to the best copy, -1 to 1: 1 is the same picture",
    )
