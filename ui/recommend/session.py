"""The reactions of a visitor in each library and the state of the feed, kept for the session."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from core import Encoder, Item, Library
from core.recommend.candidates import get_rows
from core.recommend.click_log import store_click
from core.recommend.feedback import Feedback, Reaction
from ui.errors import boundary
from ui.session.state import get_state


@dataclass(slots=True)
class Visit:
    """State of the feed.

    name: the visitor's random name in a log. turn: number of feeds so far; random picks stay for a turn. held: places
    of the cards with a reaction in this turn, which stay in place. shown: ids of the visible cards. ads: views by
    campaign; ad: (turn, name) of the visible one. keeps: whether likes are logged.
    """

    name: str = field(default_factory=lambda: secrets.token_hex(8))
    feedback: Feedback = field(default_factory=Feedback)
    turn: int = 0
    held: dict[str, int] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    ads: dict[str, int] = field(default_factory=dict)
    ad: tuple[int, str] | None = None
    keeps: bool = False


@dataclass(slots=True)
class RecommendState:
    """visits: by the path of the library. import_turn: grows with each import of likes, for an empty uploader."""

    visits: dict[str, Visit] = field(default_factory=dict)
    import_turn: int = 0


def get_visit(library: Library) -> Visit:
    """The visit of a library, created on first use."""
    return get_state(RecommendState).visits.setdefault(str(library.path), Visit())


def get_items(library: Library, encoder: Encoder, ids: Iterable[str]) -> dict[str, Item]:
    """The searchable items of these ids, in their order; others are left out."""
    index = library.index(encoder)
    rows = get_rows(index, list(ids))
    return {row["id"]: Item.from_row(row) for row in index.items.take(rows[rows >= 0]).to_pylist()}


def set_reaction(library: Library, item_id: str, what: Reaction | None, place: int | None = None) -> None:
    """Record a reaction to an item. place: of its card, which stays there for this turn. For callbacks."""
    visit = get_visit(library)
    visit.feedback.set_reaction(item_id, what)
    if place is not None:
        visit.held.setdefault(item_id, place)
    if visit.keeps:
        with boundary():
            store_click(library, visit.name, item_id, 1.0 if what == "like" else 0.0)  # 0 undoes the like


def pass_over(library: Library) -> None:
    """Mark the visible cards as seen and show others. For callbacks."""
    visit = get_visit(library)
    visit.feedback.seen |= {item_id: None for item_id in visit.shown if visit.feedback.get_reaction(item_id) is None}
    new_turn(visit)


def show_again(library: Library) -> None:
    """Let seen items come back. For callbacks."""
    visit = get_visit(library)
    visit.feedback.seen.clear()
    new_turn(visit)


def start_over(library: Library) -> None:
    """Delete all reactions in this library; views of advertisements stay. For callbacks."""
    visit = get_visit(library)
    visit.feedback = Feedback()
    new_turn(visit)


def new_turn(visit: Visit) -> None:
    """Release held cards and draw random picks again."""
    visit.turn += 1
    visit.held.clear()
