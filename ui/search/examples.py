"""Queries to try that find something: what the sample library shows, or the names of a library's own clusters."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.encoders import DEFAULT_ENCODER
from core.explore.atlas import AtlasRequest, load_cached_atlas
from core.library.samples.library import SAMPLE_QUERIES, sample_path
from ui.session.cache import get_cached
from ui.text import plain
from ui.widgets.query.box import Place, set_query

_MOST = 6


def examples(library: Library, encoder: Encoder, place: Place) -> None:
    """A button for each; none before the library has a map, as nothing is computed here."""
    names = get_cached("examples", encoder.id, library.index(encoder), lambda: _find_queries(library, encoder))
    for name in names:
        st.button(plain(name), icon=":material/search:", on_click=set_query, args=(name, place), key=f"example {name}")


def _find_queries(library: Library, encoder: Encoder) -> list[str]:
    """The surest names of clusters, each once."""
    if library.path == sample_path() and encoder.name == DEFAULT_ENCODER:
        return list(SAMPLE_QUERIES)
    atlas = load_cached_atlas(library, encoder, AtlasRequest())
    if atlas is None:
        return []
    named = sorted((name for name in atlas.names if name.name), key=lambda name: -name.confidence)
    return [*dict.fromkeys(name.name for name in named if name.name)][:_MOST]
