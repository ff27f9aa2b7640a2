"""The feed and its side column: one fragment, so that a like reruns only this."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.library.public.keyed_ids import seal
from core.recommend.feed import Feed
from ui.components.feed.feed import FeedCard, feed_cards
from ui.errors import boundary
from ui.recommend.ads import ad_slot
from ui.recommend.behavior import get_model, log_lines
from ui.recommend.cards import PAGE, make_cards, make_feed, search_cards
from ui.recommend.export_likes import apply_link, export_row
from ui.recommend.session import Visit, get_items, get_visit, pass_over, set_reaction, show_again
from ui.recommend.settings import Settings, settings_section
from ui.recommend.tastes import taste_section
from ui.text import counted, plain
from ui.widgets.code_block import in_python, opening
from ui.widgets.details import open_details, show_details
from ui.widgets.query.box import is_going, more_like

_NEARNESS = "The number: similarity of a card to a taste, minus similarity to your dislikes."
_BLENDED = "The number: how far a card ranks above others, by your likes and by what others chose."


def feed_part(library: Library, encoder: Encoder) -> None:
    """The whole part."""
    apply_link(library, encoder)
    _live(library, encoder)


@st.fragment
def _live(library: Library, encoder: Encoder) -> None:
    with boundary():
        if is_going():
            st.rerun()  # the whole page, which opens the search page
        visit, learned = get_visit(library), get_model(library, encoder)
        words = _tools(library, visit)
        line = st.empty()  # above both columns, so that the cards stay in place
        left, right = st.columns([5, 2], gap="large")
        with right:  # the feed needs the settings, which are drawn below its results
            above = st.container()
            settings = settings_section(behavior=learned is not None)
            below = st.container()
            export = st.container()
        feed = make_feed(library, encoder, visit, settings, learned)
        line.markdown(_show_feed(library, encoder, visit, feed, words))
        with left:
            shown = _shown(library, encoder, visit, feed, words)
        rated = get_items(library, encoder, (*feed.liked, *visit.feedback.disliked))
        with above:
            taste_section(library, encoder, feed, rated)
        with export:
            export_row(library, encoder, shown, [rated[item_id] for item_id in feed.liked if item_id in rated], words)
        with below:
            ad_slot(library, encoder, visit, feed, [card.item.id for card in shown])
        in_python(_lines(library, encoder, visit, settings))
        show_details((), [*(card.item for card in shown), *rated.values()])


def _tools(library: Library, visit: Visit) -> str:
    """The tools above the feed; returns the words to search for, "" for none."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="feed_tools"):
        words = st.text_input(
            "Find something to like", key="find", bind="query-params", type="search", placeholder="a dog on a beach",
            max_chars=300, width=320,
        )  # fmt: skip
        words = " ".join((words or "").split())
        if words:
            st.button("Back to the feed", icon=":material/arrow_back:", on_click=_back)
            return words
        _show_more(library, "others_above")
        again = len(visit.feedback.seen)
        st.button(
            f"Show seen again ({again:,})", icon=":material/history:", on_click=show_again, args=(library,),
            disabled=not again, type="tertiary",
        )  # fmt: skip
    return ""


def _back() -> None:
    st.session_state["find"] = ""


def _show_more(library: Library, key: str) -> None:
    st.button(
        "Show others", icon=":material/refresh:", on_click=pass_over, args=(library,), key=key,
        help="Visible cards count as seen and do not come back by themselves.",
    )  # fmt: skip


def _shown(library: Library, encoder: Encoder, visit: Visit, feed: Feed, words: str) -> list[FeedCard]:
    """Show the cards and the controls below them; returns the cards."""
    found = search_cards(library, encoder, visit, words) if words else make_cards(library, encoder, visit, feed)
    visit.shown = () if words else tuple(card.item.id for card in found)
    if not found:
        st.info("Nothing more to show: everything here was liked, disliked or seen.", icon=":material/done_all:")
        return []
    feed_cards(
        found,
        key="feed",
        turn=f"{visit.turn} {words}",
        on_say=lambda item_id, what, place: set_reaction(library, item_id, what, None if words else place),
        on_open=open_details,
        on_more=more_like,
    )
    if not words:
        if feed.liked:
            ways = {recommendation.by for recommendation in feed.recommendations}
            st.caption(_BLENDED if ways & {"both", "behaviour"} else _NEARNESS)
        _show_more(library, "others_below")
    return found


def _show_feed(library: Library, encoder: Encoder, visit: Visit, feed: Feed, words: str) -> str:
    """One line about the feed."""
    if words:
        return f"Closest to **{plain(words)}**: like what fits."
    count = len(library.index(encoder).rows_with_vectors)
    if feed.liked:
        tastes = "one taste" if len(feed.tastes) == 1 else f"{len(feed.tastes)} tastes"
        likes, dislikes = counted(len(feed.liked), "like"), counted(len(visit.feedback.disliked), "dislike")
        return f"**{likes}**, {dislikes}, {tastes}. :gray[{count:,} in the library, {len(visit.feedback.seen):,} seen.]"
    popular = any(recommendation.by == "popularity" for recommendation in feed.recommendations)
    start = "popular items" if popular else "a random selection"
    return f"**Nothing liked yet**: {start}. Like a few, and the feed follows."


def _lines(library: Library, encoder: Encoder, visit: Visit, settings: Settings) -> str:
    said = visit.feedback
    behavior = log_lines(library, encoder) if settings.mix else ""
    more = f"    behavior=learned.scores(liked), mix={settings.mix},\n" if behavior else ""
    return f"""{opening(library, encoder)}
from core.recommend.feed import recommend
{behavior}
liked = {list(map(seal, said.liked))!r}
feed = recommend(
    library, encoder, liked, {list(map(seal, said.disliked))!r},
    seen={sorted(map(seal, {*said.seen, *visit.held}))!r},
    k={PAGE - len(visit.held)}, diversity={settings.diversity}, exploration={settings.exploration}, seed={visit.turn},
{more})
for each in feed.recommendations:
    print(f"{{each.score:.2f}}  {{each.by}}  {{each.item.path}}  because of", each.because)
print([round(float(weight), 2) for weight in feed.tastes.weights])
"""
