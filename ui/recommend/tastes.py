"""The tastes of a visitor, each with its weight, words and likes; and the dislikes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from core import Encoder, Item, Library
from core.explore.vocabulary import Vocabulary, load_user_words, load_vocabulary
from core.library.public.keyed_ids import seal, unseal
from core.progress import Task
from core.recommend.feed import Feed
from core.recommend.tastes import compute_usual_choices, find_taste_words
from ui.components.gallery.gallery import RETRY, picture_urls
from ui.components.values import as_text
from ui.jobs.tasks import get_task, start_if_idle, task_button
from ui.recommend.session import get_visit, set_reaction
from ui.session.cache import get_cached
from ui.text import counted, percent
from ui.widgets.details import open_details

_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "semblance_tastes",
    html="<div class='tastes'>\n</div>",
    css=(_FOLDER / "tastes.css").read_text(),
    js=RETRY + (_FOLDER / "tastes.js").read_text(),
)
_KEY = "recommend words"
_SMALL = 96  # pixels of a picture, as beside the reasons


def taste_section(library: Library, encoder: Encoder, feed: Feed, items: Mapping[str, Item]) -> None:
    """Tastes and dislikes, with buttons to remove any. items: by id, all with a reaction."""
    disliked = [items[item_id] for item_id in get_visit(library).feedback.disliked if item_id in items]
    st.markdown(
        "**Your tastes**",
        help="Similar likes form one taste: the mean of their vectors, moved away from your dislikes. Each taste gets "
        "its share of the feed.",
    )
    if not feed.liked and not disliked:
        st.caption("None yet.")
        return
    words = _words(library, encoder, feed)
    urls = picture_urls([(item, None) for item in items.values()], key="tastes", side=_SMALL)
    sources = dict(zip(items, urls, strict=True))
    groups = [
        _group(f"Taste {number + 1}", percent(weight), words[number], [items[i] for i in _likes(feed, number)], sources)
        for number, weight in enumerate(feed.tastes.weights)
    ]
    if disliked:
        groups.append(_group("Disliked", counted(len(disliked), "item"), "", disliked, sources))
    token = hashlib.blake2b(json.dumps(groups).encode(), digest_size=8).hexdigest()

    def clicked(trigger: str) -> None:
        item_id = unseal(as_text(st.session_state["tastes"].get(trigger)))
        if item_id in items and trigger == "open":
            open_details(items[item_id])
        elif item_id in items:
            set_reaction(library, item_id, None)

    _COMPONENT(
        key="tastes",
        data={"groups": groups, "token": token},
        on_open_change=lambda: clicked("open"),
        on_out_change=lambda: clicked("out"),
    )


def _words(library: Library, encoder: Encoder, feed: Feed) -> list[str]:
    """The words of each taste; empty until the vocabulary is loaded, which the first like starts."""
    work, about = partial(_vocabulary, encoder), (encoder.id, load_user_words())
    if feed.liked and get_task(_KEY, about=about) is None:
        start_if_idle(_KEY, "Reading the words", work, about=about)
    ready = (
        task_button(_KEY, "Name them in words", work, title="Reading the words", about=about) if feed.liked else None
    )
    if ready is None:
        return [""] * len(feed.tastes)
    index = library.index(encoder)
    usual = get_cached("usual words", ready, index, lambda: compute_usual_choices(ready, index.background))
    key = (about, feed.liked, feed.tastes.vectors.tobytes())
    found = get_cached("taste words", key, index, lambda: find_taste_words(feed.tastes, ready, usual=usual))
    return [", ".join(words) for words in found]


def _vocabulary(encoder: Encoder, task: Task) -> Vocabulary:
    return load_vocabulary(encoder, task=task)


def _likes(feed: Feed, taste: int) -> list[str]:
    return [item_id for item_id, of in zip(feed.liked, feed.tastes.liked_tastes, strict=True) if of == taste]


def _group(
    title: str, share: str, words: str, items: Sequence[Item], sources: Mapping[str, str | None]
) -> dict[str, Any]:
    return {
        "title": title,
        "share": share,
        "words": words,
        "words_title": "Words that distinguish this taste from the rest of the library",
        "items": [{"id": seal(item.id), "name": Path(item.path).name, "src": sources[item.id]} for item in items],
    }
