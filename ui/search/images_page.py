"""Search images, and other kinds than videos: query with words and pictures, get ranked items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from core import Encoder, Library
from core.errors import QueryError
from core.library.filters import ANY
from core.library.schema import Kind
from core.media.modalities import TEXT, VIDEO, get_modality
from core.media.modality import Modality
from ui.components.gallery.gallery import Card, gallery
from ui.search.image_results import show_results
from ui.search.more import count_shown, more_button
from ui.server.streamlit_internals import forget_parameter
from ui.session.libraries import sample_items
from ui.snippets.search import search_lines
from ui.text import plain
from ui.widgets.code_block import in_python
from ui.widgets.details import open_details, show_details
from ui.widgets.filters import filter_panel, option_panel
from ui.widgets.page_start import start_page
from ui.widgets.query.box import (
    EXAMPLES,
    add_panels,
    find_in,
    follow_request,
    more_like,
    query_box,
    query_terms,
    set_query,
)
from ui.widgets.query.image_search import find
from ui.widgets.query.terms import term_editor
from ui.widgets.query.uploads import embed_uploads

_ALL_HELP = "All: pictures, videos and texts in one list, ranked by how probable it is that each is what you mean."


def page() -> None:
    at = start_page("There is no library to search yet.")
    if at is None:
        return
    library, encoder = at.library, at.encoder
    kinds = [modality for modality in at.facts.searchable.kinds if modality is not VIDEO]
    if not kinds:
        st.info("This library holds videos only.", icon=":material/movie:")
        link = {name: st.query_params[name] for name in ("library", "q") if name in st.query_params}
        st.page_link("pages/search_video.py", label="Search them", icon=":material/arrow_forward:", query_params=link)
    else:
        search_section(library, encoder, kinds, videos=bool(at.facts.searchable.videos))


def search_section(library: Library, encoder: Encoder, kinds: Sequence[Modality], *, videos: bool) -> None:
    query_box()
    with st.container(horizontal=True, key="query_tools"):
        kind = choose_kind(kinds)
        add_panels("images")
        filters = filter_panel(library, encoder, kind)
        options = option_panel(encoder)
    try:
        follow_request("images")
        terms = query_terms()
        if not terms:
            start(library, encoder, kinds[0] if kind == ANY else get_modality(kind), videos)
            return
        term_editor(library, terms)
        embed_uploads(encoder, terms)
        shown = count_shown((str(library.path), encoder.id, terms, filters, options), options.top_k)
        result = find(library, encoder, terms, filters, replace(options, top_k=shown))
    except QueryError as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return
    show_results(library, encoder, terms, filters, result, videos=videos)
    if len(result.hits) == shown:  # folded copies make fewer of them than there are items
        more_button(shown, result.considered)
    in_python(search_lines(library, encoder, terms, filters, options))
    show_details(result.hits, videos=videos)


def choose_kind(kinds: Sequence[Modality]) -> Kind:
    """The kind to search; a choice only where the library has several, with all of them where texts are among them."""
    labels = {modality.plural.capitalize(): modality.name for modality in kinds}
    if len(kinds) == 1:
        return kinds[0].name
    if TEXT in kinds:
        labels["All"] = ANY
    asked = st.query_params.get("kind")
    if asked in labels.values():  # links name the kind; the parameter of the control says what this shows
        forget_parameter("kind")
        st.session_state["kind"] = next(label for label, name in labels.items() if name == asked)
    chosen = st.segmented_control(
        "Kind", list(labels), default=next(iter(labels)), required=True, key="kind", bind="query-params",
        label_visibility="collapsed", help=_ALL_HELP if TEXT in kinds else None,
    )  # fmt: skip
    return labels[chosen]


def start(library: Library, encoder: Encoder, kind: Modality, videos: bool) -> None:
    st.markdown("Try one of these:")
    with st.container(horizontal=True, key="examples"):
        for example in EXAMPLES:
            st.button(example, on_click=set_query, args=(example,))
    st.markdown(f"Or start from a {kind.title} of the library:")
    items = sample_items(library, encoder, 24, kind.name)
    find = partial(find_in, place="video") if videos else None
    gallery(
        [Card(item) for item in items], key="start_gallery", on_open=open_details, on_like=more_like, on_videos=find
    )
    show_details((), items, videos=videos)
