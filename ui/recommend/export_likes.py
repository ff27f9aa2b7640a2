"""Exports likes as a file or in a link, imports and deletes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core import Encoder, Item, Library
from core.library.item_lookup import get_item_names
from core.policy import get_policy
from core.recommend.feedback import Feedback, feedback_json, likes_csv, read_feedback
from core.share.pages.groups import Group, GroupItem, Sheet
from ui.components.feed.feed import FeedCard
from ui.errors import boundary
from ui.recommend.session import RecommendState, get_items, get_visit, new_turn, start_over
from ui.session.state import get_state
from ui.text import TABLE_TYPES, counted, file_limit, plain
from ui.widgets.link_items import link_with, parse_number, read_carried, report_taken_over
from ui.widgets.save_report import save_groups

_CARRIED = ("liked", "disliked", "seen")
_ABOUT_FEED = (
    "The feed in its order, each item with its reason. The number shows how well an item matched the likes and "
    "dislikes at that moment; compare it within this page only."
)
_ABOUT_FOUND = "The items closest to some words. The percentage estimates how likely a file is what the words mean."


def apply_link(library: Library, encoder: Encoder) -> None:
    """Add the likes, dislikes and seen items of the page's link to this session, once."""
    found = read_carried(*_CARRIED, "turn")
    if not found:
        return
    with boundary():
        ids = {item_id for name in _CARRIED for item_id in found.get(name, ())}
        known = get_items(library, encoder, ids)
        own = {name: [item_id for item_id in found.get(name, ()) if item_id in known] for name in _CARRIED}
        liked, disliked = (dict.fromkeys(own[name], time.time()) for name in ("liked", "disliked"))
        visit = get_visit(library)
        visit.feedback.add(Feedback(liked, disliked, dict.fromkeys(own["seen"])))
        visit.turn = parse_number(found.get("turn", ()))
        came = f"{counted(len(liked), 'like')} and {counted(len(disliked), 'dislike')}"
        report_taken_over(came, len(ids - known.keys()), "item")


def export_row(
    library: Library, encoder: Encoder, cards: Sequence[FeedCard], liked: Sequence[Item], words: str
) -> None:
    """Three pop-ups: export or import likes, save the visible cards, and start over. words: the search that found the
    cards, "" for the feed."""
    feedback = get_visit(library).feedback
    any_feedback = bool(feedback.liked or feedback.disliked or feedback.seen)
    with st.container(horizontal=True, key="carry"):
        with st.popover("Export or import likes", icon=":material/swap_vert:"):
            _export_likes(library, encoder, any_feedback)
            _import_likes(library)
        if cards:
            save_groups(
                library,
                encoder,
                lambda: _sheet(library, cards, liked, words),
                about=(words, *((card.item.id, card.reason.text, card.reason.score) for card in cards), *liked),
                count=len(cards) + len(liked),
                key="page of the feed",
                name="recommended.html",
            )
        with st.popover("Start over", icon=":material/restart_alt:", disabled=not any_feedback):
            st.caption("Deletes your likes, dislikes and seen items. Exported files stay.")
            st.button("Delete all", type="primary", on_click=start_over, args=(library,))


def _sheet(library: Library, cards: Sequence[FeedCard], liked: Sequence[Item], words: str) -> Sheet:
    """The visible cards with their reasons, then the likes."""
    shown = []
    for card in cards:
        why = " ".join([card.reason.text, ", ".join(Path(item.path).name for item in card.reason.because)])
        shown.append(
            GroupItem(card.item, " · ".join(filter(None, [why.strip(), card.reason.score])), time_s=card.time_s)
        )
    title = f"{words} in {library.name}" if words else f"Recommended from {library.name}"
    groups = [Group("Found" if words else "Recommended", shown)]
    groups += [Group("Liked", [GroupItem(item) for item in liked])] if liked else []
    return Sheet(title, _ABOUT_FOUND if words else _ABOUT_FEED, groups)


def _export_likes(library: Library, encoder: Encoder, any_feedback: bool) -> None:
    visit = get_visit(library)
    said = visit.feedback
    paths = {item.id: item.path for item in get_items(library, encoder, (*said.liked, *said.disliked)).values()}
    st.download_button(
        "Likes and dislikes (JSON)", feedback_json(said, paths, redact=get_policy().display_path),
        file_name="likes.json", mime="application/json",
        icon=":material/download:", on_click="ignore", disabled=not any_feedback, width="stretch",
        help="All likes, dislikes and seen items, to import here again.",
    )  # fmt: skip
    st.download_button(
        "Likes as a log (CSV)", likes_csv(said, paths, redact=get_policy().display_path),
        file_name="likes.csv", mime="text/csv",
        icon=":material/table:", on_click="ignore", disabled=not said.liked, width="stretch",
        help="One user's interactions: user, item, time, weight. Import it here or use it as part of a log.",
    )  # fmt: skip
    named = {"liked": list(said.liked), "disliked": list(said.disliked), "seen": list(said.seen)}
    link_with(named, number=("turn", visit.turn), key="likes link", what="likes")


def _import_likes(library: Library) -> None:
    state = get_state(RecommendState)
    file = st.file_uploader(
        "Import likes (JSON or CSV)", type=["json", *TABLE_TYPES], key=f"likes {state.import_turn}",
        max_upload_size=file_limit(50),
        help="A file exported here, or a CSV whose column item names files of this library.",
    )  # fmt: skip
    if file is None:
        return
    with boundary():
        found, unknown = read_feedback(file.getvalue(), get_item_names(library))
        visit = get_visit(library)
        visit.feedback.add(found)
        new_turn(visit)
        state.import_turn += 1  # an empty uploader for the next one
        added = f"{counted(len(found.liked), 'like')} and {counted(len(found.disliked), 'dislike')} imported."
        lost = f" Not in this library: {plain(', '.join(unknown[:3]))}" + (" …" if len(unknown) > 3 else ".")
        st.toast(added + (lost if unknown else ""))
        st.rerun()
