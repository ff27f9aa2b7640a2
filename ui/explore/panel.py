"""The panel beside the map: the clusters, and what is selected."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Encoder, Library
from core.explore.atlas import Atlas
from ui.explore.cluster_list import cluster_list
from ui.explore.selection import selection_section
from ui.explore.selection_state import SelectionState, choose_near
from ui.text import plain

_MOST_TEXTS = 8


def panel(
    library: Library,
    encoder: Encoder,
    atlas: Atlas,
    titles: list[str],
    chosen: SelectionState | None,
    numbers: NDArray[np.int64],
    *,
    colored: bool,
) -> None:
    """The texts on the map, the clusters (few lines beside a selection), and the selection. colored: whether the map is
    colored by cluster."""
    _texts(atlas, chosen)
    with st.container(key="map_clusters", gap="xsmall"):
        cluster_list(atlas, titles, chosen, colored=colored)
    if chosen is not None:
        selection_section(library, encoder, atlas, titles, chosen, numbers)


def _texts(atlas: Atlas, chosen: SelectionState | None) -> None:
    """A button for each text of one's own, which shows what is near it."""
    if not atlas.points.texts:
        return
    with st.container(horizontal=True, gap="xsmall", key="map_texts"):
        for number, text in enumerate(atlas.points.texts[:_MOST_TEXTS]):
            near = chosen == SelectionState("near", number)
            st.button(
                plain(text if len(text) < 40 else f"{text[:39]}…"),
                icon=":material/text_fields:",
                key=f"near {number}",
                type="primary" if near else "secondary",
                on_click=choose_near,
                args=(number,),
                help="Show the pictures nearest to this text",
            )
