"""The library by date: months as headings, more of it as one scrolls down."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core import Filters, Item
from core.library.timeline import Month, Timeline, make_timeline
from ui.components.gallery.gallery import Card, gallery
from ui.search.examples import examples
from ui.session.cache import get_cached
from ui.session.state import get_state
from ui.text import counted
from ui.widgets.details import open_details, show_details
from ui.widgets.filters import items_with_label, show_nothing_left
from ui.widgets.page_start import PageContext
from ui.widgets.query.box import find_in, more_like

_STEP = 60  # cards; the first ones fill a large screen


@dataclass(slots=True)
class BrowseState:
    """of: what `steps` belong to; another library, filter or month begins at its top."""

    of: Hashable = None
    steps: int = 1


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
        start = _choose_start(timeline.months)
        examples(library, at.encoder, "all")
    count = _count_shown((*key, at.encoder.id, start))
    rows = timeline.rows[start : start + count]
    items = [Item.from_row(row) for row in index.items.take(rows).to_pylist()]
    videos = bool(at.facts.searchable.videos)
    gallery(
        [Card(item, section=section) for item, section in zip(items, _headings(timeline, start), strict=False)],
        key="browse",
        on_open=open_details,
        on_like=more_like,
        on_videos=partial(find_in, place="video") if videos else None,
        on_more=_show_more if start + count < len(timeline.rows) else None,
    )
    show_details((), items, videos=videos)


def _choose_start(months: Sequence[Month]) -> int:
    """Where the grid begins: a choice only where there are several months."""
    if len(months) < 2:
        return 0
    names = {f"{month.day:%B %Y}": month for month in months}
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
    return names[chosen].start if chosen in names else 0


def _headings(timeline: Timeline, start: int) -> list[str]:
    """The heading of each item from `start` on."""
    return [
        f"{month.day:%B %Y} · {counted(month.count, 'item')}"
        for month in timeline.months
        if month.start >= start
        for _ in range(month.count)
    ]


def _count_shown(of: Hashable) -> int:
    state = get_state(BrowseState)
    if state.of != of:
        state.of, state.steps = of, 1
    return _STEP * state.steps


def _show_more() -> None:
    get_state(BrowseState).steps += 1
