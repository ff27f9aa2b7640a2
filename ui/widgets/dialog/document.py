"""A document in the dialog of an item: its page as a picture, the passage that was found in its context, its video."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import Item
from core.library.public.handout import check_handed_out
from core.library.public.keyed_ids import seal
from core.library.schema import Passage
from core.media.modalities import TEXT
from core.previews.thumbnails import make_thumbnail
from core.search.passages.search import PassageHit
from ui.components.video_player.video_player import player
from ui.text import plain

_PAGE = 1280  # pixels of the cached picture of a page
_WIDE = 620  # pixels on the page


def show_document(item: Item, hit: PassageHit | None) -> None:
    """What a document says where it was found, or at its beginning. Raises MediaError."""
    passage, place = (hit.passage, hit.start_s) if hit else (None, None)
    if hit and hit.video and passage and passage.start_s is not None:
        player(hit.video, time_s=passage.start_s, turn=0, key=f"player {seal(item.id)}")
    elif Path(item.path).suffix.lower() == ".pdf":
        page = f"page {passage.page:,}" if passage and passage.page else "the first page"
        data = make_thumbnail(item, side=_PAGE, time_s=place)
        st.image(data, width=_WIDE, alt=f"{Path(item.path).name}, {page}")
    if passage and passage.where:
        st.caption(plain(passage.where[:1].upper() + passage.where[1:]))
    check_handed_out(item)
    assert TEXT.read is not None
    st.markdown(mark_passage(TEXT.read(Path(item.path), place), passage))


def mark_passage(text: str, passage: Passage | None) -> str:
    """A text as Markdown, with a passage of it highlighted."""
    before, found, after = text.partition(passage.text) if passage and passage.text else (text, "", "")
    return "".join([_escape(before), _escape(found, ":green-background[{}]"), _escape(after)])


def _escape(text: str, form: str = "{}") -> str:
    """The paragraphs of a text, each in a form, with the white space around them."""
    body = text.strip()
    if not body:
        return "\n\n" if "\n\n" in text else " " * bool(text)
    start, end = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    paragraphs = (form.format(plain(paragraph)) for paragraph in body.split("\n\n") if paragraph.strip())
    joined = "\n\n".join(paragraphs)
    return f"{_gap(start)}{joined}{_gap(end)}"


def _gap(space: str) -> str:
    return "\n\n" if "\n\n" in space else " " if space else ""
