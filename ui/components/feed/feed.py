"""The feed of cards to like and dislike: a component, so that clicks take effect at once and cards stay in place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core import Item
from core.library.public.keyed_ids import seal, unseal
from core.media.modalities import VIDEO
from core.policy import get_policy
from core.recommend.feedback import Reaction
from core.utils.timecode import format_timecode
from ui.components.gallery.gallery import RETRY, picture_urls
from ui.components.values import as_dict, as_list, as_text

_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "semblance_feed",
    html="<ul role='list'>\n</ul>",
    css=(_FOLDER.parent / "gallery" / "gallery.css").read_text() + (_FOLDER / "feed.css").read_text(),
    js=RETRY + (_FOLDER / "feed.js").read_text(),
)
_SMALL = 96  # pixels of the pictures beside a reason
OnSay = Callable[[str, Reaction | None, int], None]
_SAID: dict[str, Reaction | None] = {"like": "like", "dislike": "dislike", "": None}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card is there: text with its tooltip, the likes that led to it, and its score with a tooltip."""

    text: str = ""
    title: str = ""
    because: tuple[Item, ...] = ()
    score: str = ""
    score_title: str = ""


@dataclass(frozen=True, slots=True)
class FeedCard:
    """An item, the reaction to it, and why it is there. time_s: the second of a video to show."""

    item: Item
    said: Reaction | None
    reason: Reason
    time_s: float | None = None


def feed_cards(
    cards: Sequence[FeedCard],
    *,
    key: str,
    turn: str,
    on_say: OnSay,
    on_open: Callable[[Item], None],
    on_more: Callable[[Item], None],
) -> None:
    """Show the cards in their order.

    turn: when it changes, the feed scrolls to its start. on_say: called for each click on a thumb, in order, with the
    item's id, the reaction (None: undone), and the card's place. on_open, on_more: called with an item for a click on
    its picture and on “More like this”.
    """
    shown = _shown(cards, key)
    token = hashlib.blake2b(json.dumps(shown).encode(), digest_size=8).hexdigest()
    items = {seal(item.id): item for card in cards for item in (*card.reason.because, card.item)}

    def clicked(trigger: str, act: Callable[[Item], None]) -> None:
        item = items.get(as_text(st.session_state[key].get(trigger)))
        if item is not None:
            act(item)

    _COMPONENT(
        key=key,
        data=shown | {"token": token, "turn": turn, "heard": st.session_state.get(_heard_key(key), ("", 0))},
        on_open_change=lambda: clicked("open", on_open),
        on_more_change=lambda: clicked("more", on_more),
        on_said_change=lambda: _hear(key, on_say),
    )


def _hear(key: str, on_say: OnSay) -> None:
    """Pass on new clicks only: the component repeats recent ones, as one may be lost while the page runs."""
    said = as_dict(st.session_state[key].get("said"))
    mount, before = st.session_state.get(_heard_key(key), ("", 0))
    if said.get("mount") != mount:
        mount, before = as_text(said.get("mount")), 0
    for entry in as_list(said.get("list")):
        number, item_id, what, place = entry if isinstance(entry, list) and len(entry) == 4 else (0, "", "", 0)
        is_right = isinstance(number, int) and isinstance(place, int) and isinstance(item_id, str)
        is_right = is_right and isinstance(what, str) and what in _SAID
        if is_right and number > before:
            before = number
            on_say(unseal(item_id), _SAID[what], place)
    st.session_state[_heard_key(key)] = (mount, before)


def _heard_key(key: str) -> str:
    return f"{key} heard"


def _shown(cards: Sequence[FeedCard], key: str) -> dict[str, Any]:
    urls = picture_urls([(card.item, card.time_s) for card in cards], key=key)
    likes = list({item.id: item for card in cards for item in card.reason.because}.values())
    small = picture_urls([(item, None) for item in likes], key=key, side=_SMALL)
    return {
        "cards": [_card(card, url) for card, url in zip(cards, urls, strict=True)],
        "small": {
            seal(item.id): {"name": Path(item.path).name, "src": url} for item, url in zip(likes, small, strict=True)
        },
    }


def _card(card: FeedCard, url: str | None) -> dict[str, Any]:
    item, reason = card.item, card.reason
    second = item.duration_s or 0.0 if card.time_s is None else card.time_s
    return {
        "id": seal(item.id),
        "name": Path(item.path).name,
        "src": url,
        "video": format_timecode(second) if item.kind == VIDEO.name else "",
        "note": get_policy().redact_paths(item.reason or "") or "The file is missing or cannot be read.",
        "said": card.said or "",
        "why": reason.text,
        "why_title": reason.title,
        "because": [seal(item.id) for item in reason.because],
        "score": reason.score,
        "score_title": reason.score_title,
    }
