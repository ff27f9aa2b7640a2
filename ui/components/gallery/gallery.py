"""The grid of pictures and videos: a component, so that it fits phones and stays fast."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core import Hit, Item
from core.errors import MediaError
from core.library.public.keyed_ids import seal, unseal
from core.media.modalities import TEXT, VIDEO
from core.policy import get_policy
from core.previews.thumbnails import make_thumbnail
from core.search.match_text import describe_match
from core.utils.timecode import format_timecode
from ui.components.values import as_dict, as_text, as_texts
from ui.server.media_url import get_data_uri, get_image_urls

_FOLDER = Path(__file__).parent
RETRY = (_FOLDER / "retry.js").read_text()
_COMPONENT = st.components.v2.component(
    "semblance_gallery",
    html="<ul role='list'>\n</ul>",
    css=(_FOLDER / "gallery.css").read_text(),
    js=RETRY + (_FOLDER / "keyboard.js").read_text() + (_FOLDER / "gallery.js").read_text(),
)
_SMALL = 96  # pixels of the small pictures on a card
# Each may start a decoding process of about 40 MB: more than the number of cores would not be faster.
_PICTURES = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "pictures")
Picture = tuple[Item, float | None]  # an item and, of a video, a second


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts below a picture: a share (0 to 1, or None) as a bar, a text and a score, with tooltips."""

    share: float | None
    text: str
    title: str
    score: str
    score_title: str


@dataclass(frozen=True, slots=True)
class Card:
    """A picture or video of the grid, with the `hit` that found it or with other `facts`.

    section: its heading, shown where it differs from that of the card before. badge: a word on the picture. about: a
    sentence below its name. time_s: the second of a video to show. near: items to show as small pictures.
    """

    item: Item
    hit: Hit | None = None
    facts: Facts | None = None
    section: str = ""
    badge: str = ""
    about: str = ""
    time_s: float | None = None
    near: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Where the cards of a long grid stand in it: the browser keeps those before, which need not be sent again.

    of: changes with the grid. first: the number of cards before. is_last: whether no more follow. on_more: called with
    the number of cards that the browser holds, when it comes near their end or has lost those before. find: the item of
    an id, which may be of a card before.
    """

    of: str
    first: int
    is_last: bool
    on_more: Callable[[int], None]
    find: Callable[[str], Item | None]


@dataclass(frozen=True, slots=True)
class Ticks:
    """Ticks that the caller stores: the ticked ids, and a function to call with those ticked in this gallery.

    turn: changes whenever anything but a click in this gallery changed them.
    """

    ids: Collection[str]
    turn: int
    on_change: Callable[[list[str]], None]


def gallery(
    cards: Sequence[Card],
    *,
    key: str,
    on_open: Callable[[Item], None],
    on_like: Callable[[Item], None],
    on_videos: Callable[[Item], None] | None = None,
    selectable: bool = False,
    ticks: Ticks | None = None,
    framed: bool = False,
    like: str = "More like this",
    piece: Piece | None = None,
) -> list[str]:
    """Show pictures and videos in a grid; returns the ids of the ticked ones.

    on_open, on_like, on_videos: called with an item before the page runs again, for a click on the picture, on "More
    like this", and on "Find in videos", which pictures have if it is given. ticks: for a caller that stores them.
    framed: whether cards of a section share a frame. like: label of the button of `on_like`. piece: None: these are all
    cards.
    """
    state = st.session_state
    selectable = selectable or ticks is not None
    shown = _shown(cards, key, find=on_videos is not None)
    token = hashlib.blake2b(
        json.dumps([shown, selectable, framed, like, piece and [piece.of, piece.first]]).encode(), digest_size=8
    ).hexdigest()
    state[_token_key(key)] = token
    forced = _ordered(key, token)
    items = {seal(item.id): item for card in cards for item in (*card.near, card.item)}
    if ticks is not None:
        forced = {"turn": ticks.turn, "ids": [shown_id for shown_id, item in items.items() if item.id in ticks.ids]}

    def clicked(trigger: str, act: Callable[[Item], None] | None) -> None:
        shown_id = as_text(state[key].get(trigger))
        item = items.get(shown_id) or (piece.find(unseal(shown_id)) if piece and shown_id else None)
        if item and act:
            act(item)

    result = _COMPONENT(
        key=key,
        data={
            "cards": shown,
            "selectable": selectable,
            "framed": framed,
            "like": like,
            "token": token,
            "forced": forced,
            "more": piece is not None and not piece.is_last,
            "piece": {"of": piece.of, "first": piece.first} if piece else None,
        },
        on_open_change=lambda: clicked("open", on_open),
        on_like_change=lambda: clicked("like", on_like),
        on_find_change=lambda: clicked("find", on_videos),
        on_selected_change=lambda: _pass_on(key, ticks),
        on_more_change=lambda: _ask_for_more(key, piece),
    )
    selected = as_dict(result.get("selected"))
    ids = as_texts(selected.get("ids")) if selected.get("token") == token else []
    return [items[shown_id].id for shown_id in ids if shown_id in items]


def _ask_for_more(key: str, piece: Piece | None) -> None:
    held = as_text(st.session_state[key].get("more"))
    if piece is not None and held.isdecimal():
        piece.on_more(int(held))


def tick(key: str, ids: Sequence[str]) -> None:
    """Tick exactly these pictures of a gallery, in a callback or before the gallery is drawn."""
    state = st.session_state
    turn = (state.get(_forced_key(key)) or {"turn": 0})["turn"] + 1
    shown_ids = list(map(seal, ids))
    state[_forced_key(key)] = {"turn": turn, "ids": shown_ids}
    state[key] = {"selected": {"token": None, "ids": shown_ids}}


def _ordered(key: str, token: str) -> dict[str, Any] | None:
    """The last order of `tick`; None after a page switch, which clears the ticks."""
    state = st.session_state
    ticked = as_dict((state.get(key) or {}).get("selected"))
    if not ticked:
        return None
    if ticked.get("token") is None:
        state[key] = {"selected": {**ticked, "token": token}}
    return state.get(_forced_key(key))


def _pass_on(key: str, ticks: Ticks | None) -> None:
    selected = as_dict(st.session_state[key].get("selected"))
    if ticks is not None and selected and selected.get("token") == st.session_state.get(_token_key(key)):
        ticks.on_change(list(map(unseal, as_texts(selected.get("ids")))))


def picture_uri(item: Item, side: int = 320, time_s: float | None = None) -> str | None:
    """A thumbnail as a data URI, of a video at a second; None if the file is missing or cannot be read."""
    data = _thumbnail(item, side, time_s)
    return None if data is None else get_data_uri(data)


def picture_urls(pictures: Iterable[Picture], *, key: str, side: int = 320) -> list[str | None]:
    """Addresses of `thumbnails`, valid until the next run of the page. key: of the element that shows them."""
    return get_image_urls(thumbnails(pictures, side), f"{key} {side}")


def thumbnails(pictures: Iterable[Picture], side: int) -> list[bytes | None]:
    """Thumbnails made in parallel; None for files that are missing or cannot be read."""
    return list(_PICTURES.map(lambda picture: _thumbnail(picture[0], side, picture[1]), pictures))


def _thumbnail(item: Item, side: int, time_s: float | None) -> bytes | None:
    try:
        return make_thumbnail(item, side=side, time_s=time_s)
    except MediaError:
        return None


def _forced_key(key: str) -> str:
    return f"{key} forced"


def _token_key(key: str) -> str:
    return f"{key} token"


def _shown(cards: Sequence[Card], key: str, *, find: bool) -> list[dict[str, Any]]:
    urls = picture_urls([(card.item, card.time_s) for card in cards], key=key)
    near = {item.id: item for card in cards for item in card.near}
    small = dict(zip(near, picture_urls([(item, None) for item in near.values()], key=key, side=_SMALL), strict=True))
    return [_card(card, url, small, find) for card, url in zip(cards, urls, strict=True)]


def _card(card: Card, url: str | None, small: dict[str, str | None], find: bool) -> dict[str, Any]:
    hit, video = card.hit, card.item.kind == VIDEO.name
    facts = card.facts or (_facts_of(hit) if hit else None)
    return {
        "id": seal(card.item.id),
        "name": Path(card.item.path).name,
        "src": url,
        "video": format_timecode(card.item.duration_s or 0.0 if card.time_s is None else card.time_s) if video else "",
        "page": card.item.kind == TEXT.name,
        "find": find and not video,
        "like": card.item.status == "ok",
        "note": get_policy().redact_paths(card.item.reason or "") or "The file is missing or cannot be read.",
        "badge": card.badge,
        "about": get_policy().redact_paths(card.about),
        "near": [{"id": seal(item.id), "name": Path(item.path).name, "src": small[item.id]} for item in card.near],
        "copies": len(hit.duplicates) if hit else 0,
        "section": card.section,
        "chance": facts.share if facts else None,
        "chance_text": facts.text if facts else "",
        "chance_title": facts.title if facts else "",
        "score": facts.score if facts else "",
        "score_title": facts.score_title if facts else "",
    }


def _facts_of(hit: Hit) -> Facts | None:
    text = describe_match(hit)
    if not text:
        return None
    title = "" if hit.copy else "Estimated probability that this is what the query means"
    return Facts(hit.relevance if hit.copy is None else None, text, title, "", "")
