"""Home: one field that searches all kinds at once; below it, before a query, the library by date."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.library.filters import ANY
from core.media.modalities import VIDEO
from ui.home.browse import browse
from ui.home.welcome import welcome
from ui.jobs.jobs import job_panel
from ui.search.item_search import item_search
from ui.search.kind_switch import kind_switch
from ui.session.current import current_encoder, current_library
from ui.session.libraries import library_facts
from ui.widgets.filters import filter_panel, option_panel
from ui.widgets.page_start import PageContext, ready
from ui.widgets.query.box import add_panels, follow_request, query_box


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
        options = option_panel(library, encoder)
    job_panel(library)
    item_search(
        library, encoder, replace(filters, kind=ANY), options,
        videos=VIDEO in kinds, start=lambda: browse(at, filters),
    )  # fmt: skip
