"""Search video: query with words, pictures and clips, get playable moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from core import Encoder, Library
from core.errors import QueryError
from core.media.modalities import PICTURE, VIDEO
from core.media.modality import Modality
from ui.components.gallery.gallery import Card, gallery
from ui.search.examples import examples
from ui.search.kind_switch import kind_switch
from ui.search.locate import locate_panel
from ui.search.more import count_shown, more_button
from ui.search.video_results import RANKINGS, compare_rankings, find_videos, ranking_choice, show_video_results
from ui.session.libraries import sample_items
from ui.snippets.search import video_lines
from ui.text import plain
from ui.widgets.code_block import in_python
from ui.widgets.details import open_details, show_details
from ui.widgets.filters import filter_panel, video_option_panel
from ui.widgets.page_start import start_page
from ui.widgets.query.box import add_panels, find_in, follow_request, query_box, query_terms
from ui.widgets.query.terms import term_editor
from ui.widgets.query.uploads import embed_uploads

_STEP = 24  # videos at a time: each has a curve and a row of frames


def page() -> None:
    at = start_page("There is no library to search yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    if at.facts.searchable.videos:
        search_section(library, encoder, at.facts.searchable.kinds)
    else:
        no_videos(library)


def no_videos(library: Library) -> None:
    st.info(
        f"{plain(library.name)} has no searchable videos. Add a folder with videos, or upload a clip.",
        icon=":material/videocam_off:",
    )
    st.page_link("pages/library.py", label="Add videos on the page Library", icon=":material/arrow_forward:")


def search_section(library: Library, encoder: Encoder, kinds: Sequence[Modality]) -> None:
    query_box()
    with st.container(horizontal=True, vertical_alignment="center", key="query_tools"):
        kind_switch(kinds, "video", VIDEO.name)
        follow_request("video")
        add_panels("video")
        filters = filter_panel(library, encoder, VIDEO.name)
        options = video_option_panel(encoder)
    try:
        terms = query_terms()
        if not terms:
            start(library, encoder)
            return
        term_editor(library, encoder, terms)
        embed_uploads(encoder, terms)
        with st.container(horizontal=True, vertical_alignment="bottom", key="ranking"):
            pooling = ranking_choice()
            compare = st.toggle("Compare the rankings", key="compare", bind="query-params")
        query = (str(library.path), encoder.id, terms, filters, options, pooling)
        shown = count_shown(query, options.top_k, step=_STEP)
        result = find_videos(library, encoder, terms, filters, replace(options, top_k=shown), pooling)
        rest = {
            name: find_videos(library, encoder, terms, filters, options, entry)
            for name, entry in RANKINGS.items()
            if compare
        }
        locate_panel(library, encoder, terms, filters, result)
    except QueryError as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return
    if rest and result.hits:
        compare_rankings(rest)
    show_video_results(library, encoder, terms, filters, result)
    more_button(shown, result.considered, step=_STEP)
    in_python(video_lines(library, encoder, terms, filters, options, pooling))


def start(library: Library, encoder: Encoder) -> None:
    with st.container(horizontal=True, key="examples"):
        examples(library, encoder, "video")
    st.markdown("Type what you look for, or start from a video or picture of the library:")
    videos = sample_items(library, encoder, 12, VIDEO.name)
    items = [*videos, *sample_items(library, encoder, 12, PICTURE.name)]
    like = partial(find_in, place="video")
    gallery([Card(item) for item in items], key="start_videos", on_open=open_details, on_like=like)
    show_details((), items, videos=True, place="video")
