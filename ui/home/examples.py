"""Queries to try: the names of the library's own clusters, so that each finds something."""

from __future__ import annotations

import streamlit as st

from core.explore.atlas import AtlasRequest, load_cached_atlas
from ui.session.cache import get_cached
from ui.widgets.page_start import PageContext
from ui.widgets.query.box import set_query

_MOST = 6


def examples(at: PageContext) -> None:
    """A button for each name of a large cluster; nothing before the library has a map, as nothing is computed here."""
    names = get_cached("examples", at.encoder.id, at.library.index(at.encoder), lambda: _find_names(at))
    for name in names:
        st.button(name, icon=":material/search:", on_click=set_query, args=(name, "all"), key=f"example {name}")


def _find_names(at: PageContext) -> list[str]:
    """The surest names of clusters, each once."""
    atlas = load_cached_atlas(at.library, at.encoder, AtlasRequest())
    if atlas is None:
        return []
    named = sorted((name for name in atlas.names if name.name), key=lambda name: -name.confidence)
    return [*dict.fromkeys(name.name for name in named if name.name)][:_MOST]
