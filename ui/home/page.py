"""Home: one field that searches all kinds at once; below it, before a query, the library by date."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.errors import QueryError
from core.library.filters import ANY
from core.media.modalities import VIDEO
from ui.home.browse import browse
from ui.home.welcome import welcome
from ui.jobs.jobs import job_panel
from ui.search.image_results import show_results
from ui.search.kind_switch import kind_switch
from ui.search.more import count_shown, more_button
from ui.session.current import current_encoder, current_library
from ui.session.libraries import library_facts
from ui.snippets.search import search_lines
from ui.text import plain
from ui.widgets.code_block import in_python
from ui.widgets.details import show_details
from ui.widgets.filters import filter_panel, option_panel
from ui.widgets.page_start import PageContext, ready
from ui.widgets.query.box import add_panels, follow_request, query_box, query_terms
from ui.widgets.query.image_search import find
from ui.widgets.query.terms import term_editor
from ui.widgets.query.uploads import embed_uploads


def page() -> None:
    library, encoder = current_library(), current_encoder()
    if library is None:
        welcome()
        return
    facts = library_facts(library, encoder)
    if not facts.searchable:
        job_panel(library)
        ready(library, encoder, facts)
        return
    search_or_browse(PageContext(library, encoder, facts))


def search_or_browse(at: PageContext) -> None:
    library, encoder, kinds = at.library, at.encoder, at.facts.searchable.kinds
    query_box()
    with st.container(horizontal=True, vertical_alignment="center", key="query_tools"):
        kind_switch(kinds, "all", ANY)
        follow_request("all")
        add_panels("all")
        filters = filter_panel(library, encoder, None)
        options = option_panel(encoder)
    job_panel(library)
    try:
        terms = query_terms()
        if not terms:
            browse(at, filters)
            return
        filters = replace(filters, kind=ANY)
        term_editor(library, encoder, terms)
        embed_uploads(encoder, terms)
        shown = count_shown((str(library.path), encoder.id, terms, filters, options), options.top_k)
        result = find(library, encoder, terms, filters, replace(options, top_k=shown))
    except QueryError as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return
    show_results(library, encoder, terms, filters, result, videos=VIDEO in kinds)
    if len(result.hits) == shown:  # folded copies make fewer of them than there are items
        more_button(shown, result.considered)
    in_python(search_lines(library, encoder, terms, filters, options))
    show_details(result.hits, videos=VIDEO in kinds)
