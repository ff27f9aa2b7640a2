"""The switch between all kinds of items and one of them: each has its page, and the query goes along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.library.filters import ANY
from core.media.modality import Modality
from ui.widgets.query.box import Place, look_among, place_of


def kind_switch(kinds: Sequence[Modality], here: Place, kind: str) -> str:
    """The kind to look among, or "any"; the switch is shown where the library has several.

    kind: that of this page unless the link names another. Call `follow_request` after it: another kind may be on
    another page.
    """
    names = {ANY: "All"} | {modality.name: modality.plural.capitalize() for modality in kinds}
    if len(kinds) < 2:
        return kind if kind in names else next(iter([*names][1:]), kind)
    settings: dict[str, Any] = {"key": "kind", "bind": "query-params"} if here == "images" else {"key": f"kind {here}"}
    chosen = st.segmented_control(
        "Look among", [*names], default=kind if kind in names else ANY, required=True, format_func=names.__getitem__,
        label_visibility="collapsed", **settings,
    )  # fmt: skip
    if place_of(chosen) != here:
        look_among(chosen)
    return chosen
