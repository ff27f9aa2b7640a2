"""The switch between all kinds of items and one of them: each has its page, and the query goes along."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.library.filters import ANY
from core.media.modalities import VIDEO
from core.media.modality import Modality
from ui.widgets.query.box import Place, look_among, place_of, title_of


def kind_switch(kinds: Sequence[Modality], here: Place, kind: str) -> str:
    """The kind to look among, or "any"; with a switch where the library has several.

    kinds: all that the library has. kind: that of this page unless the link names another. Call `follow_request` after
    it, as another kind may be on another page.
    """
    if len(kinds) < 2 and VIDEO not in kinds:  # the page of videos has more of them than the page of all kinds
        return kind
    names = {title_of(name): name for name in (ANY, *(modality.name for modality in kinds))}
    is_in_link = here == "images"  # a page of several kinds
    title = st.segmented_control(
        "Look among", list(names), default=title_of(kind), required=True, label_visibility="collapsed",
        key="kind" if is_in_link else f"kind {here}", bind="query-params" if is_in_link else None,
    )  # fmt: skip
    if place_of(names[title]) != here:
        look_among(names[title])
    return names[title]
