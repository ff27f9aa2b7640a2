"""Which points of the map are selected: by a line around them, as a cluster, or picked to cover the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.atlas import Atlas
from core.representatives import coverage
from core.selection import inside
from ui.memory import remembered

Kind = Literal["line", "cluster", "cover"]
_PLACE = "explore chosen"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A selection as it was asked for. value: corners of a line, the number of a cluster, or how many points.

    of: for "cover", the selection that is covered; None for everything.
    """

    kind: Kind
    value: tuple[tuple[float, float], ...] | int
    of: Chosen | None = None


def choose_line(line: list[list[float]]) -> None:
    """Selects what a line holds; nothing where there is no line. For callbacks."""
    st.session_state[_PLACE] = Chosen("line", tuple((x, y) for x, y in line)) if len(line) > 2 else None


def choose_cluster(number: int) -> None:
    """Selects a cluster. For callbacks."""
    st.session_state[_PLACE] = Chosen("cluster", number)


def choose_cover(count: int, of: Chosen | None) -> None:
    """Selects so many points that cover a selection, or everything. For callbacks."""
    st.session_state[_PLACE] = Chosen("cover", count, of.of if of is not None and of.kind == "cover" else of)


def choose_nothing() -> None:
    """Gives the selection up. For callbacks."""
    st.session_state[_PLACE] = None


def chosen_of(atlas: Atlas) -> tuple[Chosen | None, NDArray[np.int64]]:
    """The selection, and the numbers of its points: ascending, of a cover in the order of use. Gone with its map."""
    state = st.session_state
    if state.get(f"{_PLACE} in") is not atlas:
        state[f"{_PLACE} in"], state[_PLACE] = atlas, None
    chosen: Chosen | None = state.get(_PLACE)
    if chosen is None:
        return None, np.zeros(0, np.int64)
    return chosen, remembered("explore chosen", chosen, atlas, lambda: _numbers(atlas, chosen))


def _numbers(atlas: Atlas, chosen: Chosen) -> NDArray[np.int64]:
    if isinstance(chosen.value, tuple):
        return inside(atlas.places, chosen.value)
    if chosen.kind == "cluster":
        return atlas.clusters.members(chosen.value)
    own = np.flatnonzero(atlas.points.item_rows >= 0)
    among = own if chosen.of is None else np.intersect1d(own, _numbers(atlas, chosen.of))
    return among[coverage(atlas.points.vectors[among], min(chosen.value, len(among)))]
