"""The feed and what stands beside it: one fragment, so that a like runs nothing but this."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
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
from ui.widgets.query_box import is_going, more_like

_NEARNESS = "The number: how near a card is to a taste, less its nearness to what you dislike."
_BLENDED = "The number: how far a card stands above others, by your likes and by what others went on to."


def feed_part(library: Library, encoder: Encoder) -> None:
    """The whole part."""
    apply_link(library, encoder)
    _live(library, encoder)


@st.fragment
def _live(library: Library, encoder: Encoder) -> None:
    with boundary():
        if is_going():
            st.rerun()  # the whole page, which goes where that is asked
        visit, learned = get_visit(library), get_model(library, encoder)
        words = _tools(library, visit)
        line = st.empty()  # above both columns: it is one line, and the cards stay where they are
        left, right = st.columns([5, 2], gap="large")
        with right:  # the settings are read before the feed, and stand below what follows from it
            above = st.container()
            settings = settings_section(behavior=learned is not None)
            below = st.container()
            away = st.container()
        feed = make_feed(library, encoder, visit, settings, learned)
        line.markdown(_show_feed(library, encoder, visit, feed, words))
        with left:
            shown = _shown(library, encoder, visit, feed, words)
        said = get_items(library, encoder, (*feed.liked, *visit.feedback.disliked))
        with above:
            taste_section(library, encoder, feed, said)
        with away:
            export_row(library, encoder, shown, [said[entry] for entry in feed.liked if entry in said], words)
        with below:
            ad_slot(library, encoder, visit, feed, [card.item.id for card in shown])
        in_python(_lines(library, encoder, visit, settings))
        show_details((), [*(card.item for card in shown), *said.values()])


def _tools(library: Library, visit: Visit) -> str:
    """The line above the feed; returns what is to be found, if anything is."""
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
        help="What is on the screen counts as seen and does not come back by itself.",
    )  # fmt: skip


def _shown(library: Library, encoder: Encoder, visit: Visit, feed: Feed, words: str) -> list[FeedCard]:
    """The cards, and what comes after them."""
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
    """What is shown, in one line."""
    if words:
        return f"What comes nearest to **{plain(words)}**, to be liked."
    count = len(library.index(encoder).rows_with_vectors)
    if feed.liked:
        tastes = "one taste" if len(feed.tastes) == 1 else f"{len(feed.tastes)} tastes"
        likes, dislikes = counted(len(feed.liked), "like"), counted(len(visit.feedback.disliked), "dislike")
        return f"**{likes}**, {dislikes}, {tastes}. :gray[{count:,} in the library, {len(visit.feedback.seen):,} seen.]"
    popular = any(recommendation.by == "popularity" for recommendation in feed.recommendations)
    start = "what others liked most" if popular else "a start at random"
    return f"**Nothing liked yet**: {start}. Like a few of these, and the feed turns to them."


def _lines(library: Library, encoder: Encoder, visit: Visit, settings: Settings) -> str:
    said = visit.feedback
    behavior = log_lines(library, encoder) if settings.mix else ""
    more = f"    behaviour=learned.scores(liked), mix={settings.mix},\n" if behavior else ""
    return f"""{opening(library, encoder)}
from core.recommend.feed import recommend
{behavior}
liked = {list(said.liked)!r}
feed = recommend(
    library, encoder, liked, {list(said.disliked)!r},
    seen={sorted({*said.seen, *visit.held})!r},
    k={PAGE - len(visit.held)}, diversity={settings.diversity}, exploration={settings.exploration}, seed={visit.turn},
{more})
for each in feed.recommendations:
    print(f"{{each.score:.2f}}  {{each.by}}  {{each.item.path}}  because of", each.because)
print([round(float(weight), 2) for weight in feed.tastes.weights])
"""
