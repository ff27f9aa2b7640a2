"""Default terms of the pickers, and terms as Python code."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Filters, Library, Term, embed_texts, format_query
from core.encoders.reference_prompts import embed_reference_prompts
from core.geometry.modality_gap import find_fitting_words
from core.geometry.nearest import NearItem, find_nearest_items
from core.library.samples.library import SAMPLE_QUERIES, sample_path
from core.media.modalities import PICTURE
from core.progress import Progress, Task
from core.search.query import seal_value
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder, progress_text
from ui.widgets.item_picker import is_chosen


def ready_words(encoder: Encoder) -> None:
    """Load the encoder and its reference prompts; any click elsewhere cancels that."""
    load_encoder(encoder)
    place = st.empty()

    def report(progress: Progress) -> None:
        place.progress(progress.fraction, text=progress_text(progress))

    embed_reference_prompts(encoder, task=Task(report))
    place.empty()


def example_words(library: Library, encoder: Encoder, *keys: str) -> str:
    """A phrase that fits many pictures of this library: the default of the pickers with these keys; "" if all of them
    were chosen."""
    if all(map(is_chosen, keys)):
        return ""
    if library.path == sample_path():
        return SAMPLE_QUERIES[0]
    ready_words(encoder)
    index = library.index(encoder)
    return "".join(
        get_cached("fitting word", encoder.id, index, lambda: find_fitting_words(encoder, index.background, 1))
    )


def example_item(library: Library, encoder: Encoder, key: str, words: str) -> str:
    """The picture closest to some words, else the video: the default of the picker with this key; "" if one was
    chosen."""
    if is_chosen(key):
        return ""
    load_encoder(encoder)
    index = library.index(encoder)

    def nearest() -> tuple[NearItem, ...]:
        vector, pictures = embed_texts(encoder, [words])[0], Filters(kind=PICTURE.name).mask(index.items, library)
        return find_nearest_items(index, vector, 1, allowed=pictures) or find_nearest_items(index, vector, 1)

    items = get_cached("inside example", (encoder.id, words), index, nearest)
    return format_query([Term("item", items[0].item.id)]) if items else ""


def term_code(term: Term) -> str:
    """A term as Python code; an upload appears as a file."""
    value = term.value if isinstance(term.value, str) else "my.mp4" if term.kind == "clip" else "my.jpg"
    value = seal_value(value) if term.kind in ("item", "frame") else value
    return f"Term({term.kind!r}, {value!r})"
