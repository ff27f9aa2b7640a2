"""One image search, cached for the visit."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from core import Encoder, Filters, Library, SearchResult, Term, search
from core.encoders.sentences import open_sentence_encoder
from core.errors import EncoderError, LibraryError
from core.library.ingest.captions import embed_captions
from core.library.store.caption_vectors import StoredCaptions
from core.policy import get_policy
from core.progress import Progress, Task
from core.search.captions import AT_ONCE, can_name
from core.search.query import query_state
from ui.jobs.jobs import is_busy
from ui.jobs.work import run_queued
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder, progress_text
from ui.widgets.filters import Options, items_with_label


def find(
    library: Library, encoder: Encoder, terms: tuple[Term, ...], filters: Filters, options: Options
) -> SearchResult:
    """The result of a search, cached until its inputs change. Raises QueryError."""
    load_encoder(encoder)
    stored = _read_captions(library) if options.captions and can_name(terms) else None

    def compute() -> SearchResult:
        return search(
            library,
            encoder,
            terms,
            top_k=options.top_k,
            filters=filters,
            fold_duplicates=options.fold,
            templates=options.templates,
            combine=options.combine,
            captions=options.captions,
        )

    key = (encoder.id, terms, query_state(encoder, terms), filters, items_with_label(library, filters), options, stored)
    return get_cached("search", key, library.index(encoder), compute)


def _read_captions(library: Library) -> StoredCaptions | None:
    """The captions of a library. Many that were never searched are embedded first, with progress on the page."""
    try:
        stored = library.stored_captions(open_sentence_encoder())
    except (EncoderError, LibraryError):
        return None
    if stored is None or len(stored.missing) <= AT_ONCE or not get_policy().may_write_shared or is_busy(library):
        return stored
    bar = st.empty()

    def show(progress: Progress) -> None:
        bar.progress(progress.fraction, text=progress_text(progress))

    with suppress(LibraryError), run_queued("Reading captions"):  # a library may be one that cannot be written
        embed_captions(library, task=Task(show))
    bar.empty()
    return library.stored_captions(open_sentence_encoder())
