"""What a query finds among items of one kind or of all: the part below the tools of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core import Encoder, Filters, Library
from core.errors import QueryError
from ui.search.image_results import show_results
from ui.search.more import count_shown, more_button
from ui.snippets.search import search_lines
from ui.text import plain
from ui.widgets.code_block import in_python
from ui.widgets.details import show_details
from ui.widgets.filters import Options
from ui.widgets.query.box import query_terms
from ui.widgets.query.image_search import find
from ui.widgets.query.terms import term_editor
from ui.widgets.query.uploads import embed_uploads


def item_search(
    library: Library, encoder: Encoder, filters: Filters, options: Options, *, videos: bool, start: Callable[[], None]
) -> None:
    """The results of the query. videos: whether the library has any. start: draws what stands there without one."""
    try:
        terms = query_terms()
        if not terms:
            start()
            return
        term_editor(library, encoder, terms)
        embed_uploads(encoder, terms)
        shown = count_shown((str(library.path), encoder.id, terms, filters, options), options.top_k)
        result = find(library, encoder, terms, filters, replace(options, top_k=shown))
    except QueryError as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return
    hits = show_results(library, encoder, terms, filters, result, videos=videos)
    if len(result.hits) == shown:  # folded copies make fewer of them than there are items
        more_button(shown, result.considered)
    in_python(search_lines(library, encoder, terms, filters, options))
    show_details(hits, videos=videos)
