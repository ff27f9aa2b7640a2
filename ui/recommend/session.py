"""What a visitor said of the items of each library, and what is on the screen: kept for the visit, on every page."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

import streamlit as st

from core import Encoder, Item, Library
from core.recommend.candidates import get_rows
from core.recommend.click_log import store_click
from core.recommend.feedback import Feedback, Reaction
from ui.errors import boundary


@dataclass(slots=True)
class Visit:
    """name: stands for the visitor in a log. turn: counts the feeds that were passed over; what is drawn at random
    stays for a turn. held: place in the feed of the cards that something was said of in this turn: they stay where they
    are. shown: ids on the screen. ads: times that each campaign was shown; ad: the turn and name of the one on the
    screen. keeps: whether likes are kept as clicks.
    """

    name: str = field(default_factory=lambda: secrets.token_hex(8))
    feedback: Feedback = field(default_factory=Feedback)
    turn: int = 0
    held: dict[str, int] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    ads: dict[str, int] = field(default_factory=dict)
    ad: tuple[int, str] | None = None
    keeps: bool = False


def get_visit(library: Library) -> Visit:
    """The visit of a library, begun when it is first asked for."""
    return st.session_state.setdefault("recommend visits", {}).setdefault(str(library.path), Visit())


def get_items(library: Library, encoder: Encoder, ids: Iterable[str]) -> dict[str, Item]:
    """The searchable items of these ids, in their order; others are left out."""
    index = library.index(encoder)
    rows = get_rows(index, list(ids))
    return {row["id"]: Item.from_row(row) for row in index.items.take(rows[rows >= 0]).to_pylist()}


def set_reaction(library: Library, item_id: str, what: Reaction | None, place: int | None = None) -> None:
    """Says something of an item. place: of its card in the feed, where it stays for this turn. For callbacks."""
    visit = get_visit(library)
    visit.feedback.set_reaction(item_id, what)
    if place is not None:
        visit.held.setdefault(item_id, place)
    if visit.keeps:
        with boundary():
            store_click(library, visit.name, item_id, 1.0 if what == "like" else 0.0)  # 0 takes the like back


def pass_over(library: Library) -> None:
    """What is on the screen was seen: other things, please. For callbacks."""
    visit = get_visit(library)
    visit.feedback.seen |= {entry: None for entry in visit.shown if visit.feedback.get_reaction(entry) is None}
    new_turn(visit)


def show_again(library: Library) -> None:
    """Lets everything come back that was passed over. For callbacks."""
    visit = get_visit(library)
    visit.feedback.seen.clear()
    new_turn(visit)


def start_over(library: Library) -> None:
    """Forgets all that was said of this library; what was shown as an advertisement was shown. For callbacks."""
    visit = get_visit(library)
    visit.feedback = Feedback()
    new_turn(visit)


def new_turn(visit: Visit) -> None:
    """Cards that were held go, and what is drawn at random is drawn anew."""
    visit.turn += 1
    visit.held.clear()
