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
from ui.widgets.summary.button import summary_button

_STEP = 60  # cards; the first ones fill a large screen
_MOST_STEPS = 20  # each sends all cards again, so that a grid does not grow for ever


@dataclass(slots=True)
class BrowseState:
    """of: what the rest belongs to; another library, filter or month begins at its top. skipped: cards that are
    shown no more. steps: how often it has grown since."""

    of: Hashable = None
    skipped: int = 0
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
        month = _choose_month(timeline.months)
        start = month.start if month else 0
        if month is not None:
            rows = timeline.rows[start : start + month.count]
            ids = index.items["id"].take(rows).to_pylist()
            summary_button(library, at.encoder, ids, key="month", of=_name(month))
        examples(library, at.encoder, "all")
    state = _get_state((*key, at.encoder.id, start))
    start, count = start + state.skipped, _STEP * state.steps
    if state.skipped:
        st.button("Back to the beginning", icon=":material/vertical_align_top:", type="tertiary", on_click=_go_back)
    rows = timeline.rows[start : start + count]
    items = [Item.from_row(row) for row in index.items.take(rows).to_pylist()]
    headings = _headings(timeline, start, len(items))
    videos = bool(at.facts.searchable.videos)
    gallery(
        [Card(item, section=heading) for item, heading in zip(items, headings, strict=True)],
        key="browse",
        on_open=open_details,
        on_like=more_like,
        on_videos=partial(find_in, place="video") if videos else None,
        on_more=_show_more if start + count < len(timeline.rows) and state.steps < _MOST_STEPS else None,
    )
    if start + count < len(timeline.rows) and state.steps >= _MOST_STEPS:
        st.button("Go on from here", icon=":material/expand_more:", key="browse_on", on_click=_go_on)
    show_details((), items, videos=videos)


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
        state.of, state.skipped, state.steps = of, 0, 1
    return state


def _go_on() -> None:
    state = get_state(BrowseState)
    state.skipped, state.steps = state.skipped + _STEP * state.steps, 1


def _go_back() -> None:
    state = get_state(BrowseState)
    state.skipped, state.steps = 0, 1


def _show_more() -> None:
    get_state(BrowseState).steps += 1
