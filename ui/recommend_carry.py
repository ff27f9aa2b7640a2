"""Likes taken away as a file or in a link, brought back, and forgotten."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from core import Encoder, Item, Library
from core.recommend.feed import Feed
from core.recommend.items import names_of
from core.recommend.opinions import Opinions, likes_csv, opinions_json, read_opinions
from core.share.report_groups import feed_sheet
from ui.linked import link_with, linked, number_linked
from ui.page import boundary, counted, file_limit, plain
from ui.recommend_visit import items_of, new_turn, start_over, visit_of
from ui.share_page import save_groups


def bring_linked(library: Library, encoder: Encoder) -> None:
    """What the page's link says was liked, disliked and seen is said by this visit too, once."""
    named = linked(("liked", "disliked", "seen"), key="likes")
    if not named:
        return
    with boundary():
        ids = {each for some in named.values() for each in some}
        known = items_of(library, encoder, ids)
        at = time.time()
        liked, disliked, seen = (
            {each: at for each in named.get(name, ()) if each in known} for name in ("liked", "disliked", "seen")
        )
        visit = visit_of(library)
        visit.opinions.add(Opinions(liked, disliked, set(seen)))
        visit.turn = number_linked("turn")
        lost = len(ids - known.keys())
        told = f"{counted(len(liked), 'like')} and {counted(len(disliked), 'dislike')} came with the link."
        st.toast(told + (f" Not in this library: {counted(lost, 'item')} of it." if lost else ""))


def carry_row(library: Library, encoder: Encoder, feed: Feed, liked: Sequence[Item]) -> None:
    """Three pop-ups: take away and bring, save what is shown, and start over. liked: the items of `feed.liked`."""
    said = visit_of(library).opinions
    some = bool(said.liked or said.disliked or said.seen)
    with st.container(horizontal=True, key="carry"):
        with st.popover("Take away or bring", icon=":material/swap_vert:"):
            _take(library, encoder, some)
            _bring(library)
        if feed.recommendations:
            save_groups(
                library.name,
                encoder,
                lambda: feed_sheet(feed, liked, library=library.name),
                about=(feed.liked, tuple((each.item.id, each.score) for each in feed.recommendations)),
                count=len(feed.recommendations) + len(liked),
                key="page of the feed",
                name="recommended.html",
            )
        with st.popover("Start over", icon=":material/restart_alt:", disabled=not some):
            st.caption("Forgets the likes, the dislikes and what was seen. Files that you took away stay.")
            st.button("Forget them all", type="primary", on_click=start_over, args=(library,))


def _take(library: Library, encoder: Encoder, some: bool) -> None:
    visit = visit_of(library)
    said = visit.opinions
    paths = {each.id: each.path for each in items_of(library, encoder, (*said.liked, *said.disliked)).values()}
    st.download_button(
        "Likes and dislikes (JSON)", opinions_json(said, paths), file_name="likes.json", mime="application/json",
        icon=":material/download:", on_click="ignore", disabled=not some, width="stretch",
        help="All that was said, to be brought back here.",
    )  # fmt: skip
    st.download_button(
        "Likes as a log (CSV)", likes_csv(said, paths), file_name="likes.csv", mime="text/csv",
        icon=":material/table:", on_click="ignore", disabled=not said.liked, width="stretch",
        help="One user's interactions: user, item, time, weight. It can be brought back, or be part of a log.",
    )  # fmt: skip
    named = {"liked": list(said.liked), "disliked": list(said.disliked), "seen": sorted(said.seen)}
    link_with(named, number=("turn", visit.turn), key="likes link", what="likes")


def _bring(library: Library) -> None:
    turn = st.session_state.setdefault("likes turn", 0)
    file = st.file_uploader(
        "Bring likes (JSON or CSV)", type=["json", "csv"], key=f"likes {turn}", max_upload_size=file_limit(50),
        help="A file that was taken away here, or a CSV whose column item names files of this library.",
    )  # fmt: skip
    if file is None:
        return
    with boundary():
        found, unknown = read_opinions(file.getvalue(), names_of(library))
        visit = visit_of(library)
        visit.opinions.add(found)
        new_turn(visit)
        st.session_state["likes turn"] += 1  # an empty uploader for the next one
        told = f"{counted(len(found.liked), 'like')} and {counted(len(found.disliked), 'dislike')} brought."
        lost = f" Not in this library: {plain(', '.join(unknown[:3]))}" + (" …" if len(unknown) > 3 else ".")
        st.toast(told + (lost if unknown else ""))
        st.rerun()
