"""Likes taken away as a file or in a link, brought back, and forgotten."""

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
from ui.recommend.session import get_items, get_visit, new_turn, start_over
from ui.text import counted, file_limit, plain
from ui.widgets.link_items import link_with, parse_number, read_carried, report_taken_over
from ui.widgets.save_report import save_groups

_CARRIED = ("liked", "disliked", "seen")
_ABOUT_FEED = (
    "What the feed showed, the first first, each with why it was there. The number tells how well it answered the "
    "likes and dislikes of that moment, and compares within this page only."
)
_ABOUT_FOUND = (
    "What came nearest to some words, to be liked. The percentage estimates how probable it is that a file is what the "
    "words mean."
)


def apply_link(library: Library, encoder: Encoder) -> None:
    """What the page's link says was liked, disliked and seen is said by this visit too, once."""
    found = read_carried(*_CARRIED, "turn")
    if not found:
        return
    with boundary():
        ids = {entry for name in _CARRIED for entry in found.get(name, ())}
        known = get_items(library, encoder, ids)
        own = {name: [entry for entry in found.get(name, ()) if entry in known] for name in _CARRIED}
        liked, disliked = (dict.fromkeys(own[name], time.time()) for name in ("liked", "disliked"))
        visit = get_visit(library)
        visit.feedback.add(Feedback(liked, disliked, dict.fromkeys(own["seen"])))
        visit.turn = parse_number(found.get("turn", ()))
        came = f"{counted(len(liked), 'like')} and {counted(len(disliked), 'dislike')}"
        report_taken_over(came, len(ids - known.keys()), "item")


def export_row(
    library: Library, encoder: Encoder, cards: Sequence[FeedCard], liked: Sequence[Item], words: str
) -> None:
    """Three pop-ups: take away and bring, save what is shown, and start over. cards: what is shown; words: by which it
    was found, "" for the feed."""
    said = get_visit(library).feedback
    sample = bool(said.liked or said.disliked or said.seen)
    with st.container(horizontal=True, key="carry"):
        with st.popover("Take away or bring", icon=":material/swap_vert:"):
            _add_likes(library, encoder, sample)
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
        with st.popover("Start over", icon=":material/restart_alt:", disabled=not sample):
            st.caption("Forgets the likes, the dislikes and what was seen. Files that you took away stay.")
            st.button("Forget them all", type="primary", on_click=start_over, args=(library,))


def _sheet(library: Library, cards: Sequence[FeedCard], liked: Sequence[Item], words: str) -> Sheet:
    """What is shown, each card with its reason, and then what is liked."""
    shown = []
    for card in cards:
        why = " ".join([card.reason.text, ", ".join(Path(entry.path).name for entry in card.reason.because)])
        shown.append(
            GroupItem(card.item, " · ".join(filter(None, [why.strip(), card.reason.score])), time_s=card.time_s)
        )
    title = f"{words} in {library.name}" if words else f"Recommended from {library.name}"
    groups = [Group("Found" if words else "Recommended", shown)]
    groups += [Group("Liked", [GroupItem(entry) for entry in liked])] if liked else []
    return Sheet(title, _ABOUT_FOUND if words else _ABOUT_FEED, groups)


def _add_likes(library: Library, encoder: Encoder, sample: bool) -> None:
    visit = get_visit(library)
    said = visit.feedback
    paths = {entry.id: entry.path for entry in get_items(library, encoder, (*said.liked, *said.disliked)).values()}
    st.download_button(
        "Likes and dislikes (JSON)", feedback_json(said, paths), file_name="likes.json", mime="application/json",
        icon=":material/download:", on_click="ignore", disabled=not sample, width="stretch",
        help="All that was said, to be brought back here.",
    )  # fmt: skip
    st.download_button(
        "Likes as a log (CSV)", likes_csv(said, paths, redact=get_policy().display_path),
        file_name="likes.csv", mime="text/csv",
        icon=":material/table:", on_click="ignore", disabled=not said.liked, width="stretch",
        help="One user's interactions: user, item, time, weight. It can be brought back, or be part of a log.",
    )  # fmt: skip
    named = {"liked": list(said.liked), "disliked": list(said.disliked), "seen": list(said.seen)}
    link_with(named, number=("turn", visit.turn), key="likes link", what="likes")


def _import_likes(library: Library) -> None:
    turn = st.session_state.setdefault("likes turn", 0)
    file = st.file_uploader(
        "Bring likes (JSON or CSV)", type=["json", "csv"], key=f"likes {turn}", max_upload_size=file_limit(50),
        help="A file that was taken away here, or a CSV whose column item names files of this library.",
    )  # fmt: skip
    if file is None:
        return
    with boundary():
        found, unknown = read_feedback(file.getvalue(), get_item_names(library))
        visit = get_visit(library)
        visit.feedback.add(found)
        new_turn(visit)
        st.session_state["likes turn"] += 1  # an empty uploader for the next one
        predictions = f"{counted(len(found.liked), 'like')} and {counted(len(found.disliked), 'dislike')} brought."
        lost = f" Not in this library: {plain(', '.join(unknown[:3]))}" + (" …" if len(unknown) > 3 else ".")
        st.toast(predictions + (lost if unknown else ""))
        st.rerun()
