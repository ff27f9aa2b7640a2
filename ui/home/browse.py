"""The library by date: months as headings, more of it as one scrolls down."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow.compute as pc
import streamlit as st
from numpy.typing import NDArray

from core import Filters, Item
from core.library.index import VectorIndex
from core.library.timeline import Month, Timeline, make_timeline
from ui.components.gallery.gallery import Card, Piece, gallery
from ui.search.examples import examples
from ui.session.cache import get_cached
from ui.session.state import get_state
from ui.text import counted
from ui.widgets.details import are_details_requested, open_details, show_details
from ui.widgets.filters import items_with_label, show_nothing_left
from ui.widgets.page_start import PageContext
from ui.widgets.query.box import find_in, more_like
from ui.widgets.summary.button import summary_button

_STEP = 60  # cards; the first ones fill a large screen
_MORE = 180  # cards that follow as one scrolls
_MOST_AGAIN = 600  # cards that are sent at once to whoever comes back to the page


@dataclass(slots=True)
class BrowseState:
    """of: what the rest belongs to; another library, filter or month begins at its top. first, end: the cards that are
    sent next; the browser keeps those before."""

    of: Hashable = None
    first: int = 0
    end: int = _STEP


def browse(at: PageContext, filters: Filters) -> None:
    """Examples of queries, a choice of the month to begin with, and the grid."""
    library, index = at.library, at.library.index(at.encoder)
    key = (str(library.path), filters, items_with_label(library, filters))
    timeline = get_cached(
        "timeline", key, index, lambda: make_timeline(index.items, filters.mask(index.items, library))
    )
    if not len(timeline.rows):
        show_nothing_left(filters)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="examples"):
        month = _choose_month(timeline.months)
        start = month.start if month else 0
        if month is not None:
            rows = timeline.rows[start : start + month.count]
            ids = index.items["id"].take(rows).to_pylist()
            summary_button(library, at.encoder, ids, key="month", of=_name(month))
        examples(library, at.encoder, "all")
    of = (*key, at.encoder.id, start)
    state = _get_state(of)
    shown = timeline.rows[start:]
    rows = shown[state.first : state.end]
    items = _make_items(index, rows)
    headings = _headings(timeline, start + state.first, len(items))
    videos = bool(at.facts.searchable.videos)
    gallery(
        [Card(item, section=heading) for item, heading in zip(items, headings, strict=True)],
        key="browse",
        on_open=open_details,
        on_like=more_like,
        on_videos=partial(find_in, place="video") if videos else None,
        piece=Piece(
            hashlib.blake2b(repr((of, len(shown))).encode(), digest_size=8).hexdigest(),
            state.first, state.end >= len(shown), _show_more, partial(_find, index),
        ),
    )  # fmt: skip
    if are_details_requested():
        show_details((), _make_items(index, shown), videos=videos)


def _make_items(index: VectorIndex, rows: NDArray[np.int64]) -> list[Item]:
    return [Item.from_row(row) for row in index.items.take(rows).to_pylist()]


def _find(index: VectorIndex, item_id: str) -> Item | None:
    row = pc.index(index.items["id"], item_id).as_py()
    return _make_items(index, np.array([row]))[0] if row >= 0 else None


def _choose_month(months: Sequence[Month]) -> Month | None:
    """The month that the grid begins with: a choice only where there are several."""
    if len(months) < 2:
        return None
    names = {_name(month): month for month in months}
    chosen = st.selectbox(
        "From",
        [*names],
        index=None,
        key="month",
        bind="query-params",
        placeholder="Jump to a month",
        label_visibility="collapsed",
        width=240,
    )
    return names.get(chosen) if chosen else None


def _name(month: Month) -> str:
    return f"{month.day:%B %Y}"


def _headings(timeline: Timeline, start: int, count: int) -> list[str]:
    """The heading of each of `count` items from `start` on."""
    found: list[str] = []
    for month in timeline.months:
        inside = min(start + count, month.start + month.count) - max(start, month.start)
        found += [f"{_name(month)} · {counted(month.count, 'item')}"] * max(0, inside)
    return found


def _get_state(of: Hashable) -> BrowseState:
    state = get_state(BrowseState)
    if state.of != of:
        state.of, state.first, state.end = of, 0, _STEP
    return state


def _show_more(held: int) -> None:
    """Send what follows the cards that the browser holds; all up to the last place where it has lost them."""
    state = get_state(BrowseState)
    state.first, state.end = held, max(held + _MORE, min(state.end, held + _MOST_AGAIN))
