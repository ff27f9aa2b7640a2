"""Which points of the map are selected: by a line around them, as a cluster, or picked as representatives.

In the link a selection is `line:X,Y;X,Y;…`, `cluster:NUMBER`, or `cover:COUNT`, of another selection `cover:COUNT/…`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Item
from core.explore.atlas import Atlas
from core.explore.exemplars import cover_points
from core.explore.selection import find_inside, thin_line
from ui.session.cache import get_cached
from ui.session.state import get_state

Kind = Literal["line", "cluster", "cover"]
_LINK = "chosen"
_CORNERS = 80  # of a line at most, so that it fits into a link


@dataclass(frozen=True, slots=True)
class SelectionState:
    """A selection. value: corners of a line, the number of a cluster, or the number of representatives.

    of: for "cover", the selection that they represent; None for the whole map.
    """

    kind: Kind
    value: tuple[tuple[float, float], ...] | int
    of: SelectionState | None = None


@dataclass(slots=True)
class ExploreState:
    """What a visitor did with a map; cleared with it.

    names: of clusters, as the visitor renamed them. shown: how many pictures of which selection. items: those shown
    below the map. opened: the item of the point that was clicked last, until its details open.
    """

    atlas: Atlas | None = None
    chosen: SelectionState | None = None
    names: dict[int, str] = field(default_factory=dict)
    shown: tuple[SelectionState | None, int] = (None, 0)
    items: list[Item] = field(default_factory=list)
    opened: Item | None = None


def choose_line(line: list[list[float]]) -> None:
    """Select the points inside a line; nothing if there is no line. For callbacks."""
    corners = tuple((round(x, 4), round(y, 4)) for x, y in thin_line(line, _CORNERS))
    get_state(ExploreState).chosen = SelectionState("line", corners) if len(corners) > 2 else None


def choose_cluster(number: int) -> None:
    """Select a cluster. For callbacks."""
    get_state(ExploreState).chosen = SelectionState("cluster", number)


def choose_cover(count: int, of: SelectionState | None) -> None:
    """Select this many representatives of a selection, or of the whole map. For callbacks."""
    get_state(ExploreState).chosen = SelectionState(
        "cover", count, of.of if of is not None and of.kind == "cover" else of
    )


def choose_nothing() -> None:
    """Clear the selection. For callbacks."""
    get_state(ExploreState).chosen = None


def get_chosen(atlas: Atlas) -> tuple[SelectionState | None, NDArray[np.int64]]:
    """The selection and the numbers of its points: ascending, or representatives by rank. It is cleared with its map;
    the first one is that of the link, if the map has it."""
    state = get_state(ExploreState)
    if state.atlas is not atlas:
        linked = _read(st.query_params.get(_LINK, ""), atlas) if state.atlas is None else None
        state.atlas, state.chosen, state.names = atlas, linked, {}
    chosen = state.chosen
    _link(chosen)
    if chosen is None:
        return None, np.zeros(0, np.int64)
    return chosen, get_cached("explore chosen", chosen, atlas, lambda: _numbers(atlas, chosen))


def _numbers(atlas: Atlas, chosen: SelectionState) -> NDArray[np.int64]:
    if isinstance(chosen.value, tuple):
        return find_inside(atlas.places, chosen.value)
    if chosen.kind == "cluster":
        return atlas.clusters.members(chosen.value)
    own = np.flatnonzero(atlas.points.item_rows >= 0)
    among = own if chosen.of is None else np.intersect1d(own, _numbers(atlas, chosen.of))
    return among[cover_points(atlas.points.vectors[among], min(chosen.value, len(among)))]


def _link(chosen: SelectionState | None) -> None:
    if chosen is None:
        st.query_params.pop(_LINK, None)
    elif st.query_params.get(_LINK) != _text(chosen):
        st.query_params[_LINK] = _text(chosen)


def _text(chosen: SelectionState) -> str:
    if isinstance(chosen.value, tuple):
        return "line:" + ";".join(f"{x},{y}" for x, y in chosen.value)
    return f"{chosen.kind}:{chosen.value}" + (f"/{_text(chosen.of)}" if chosen.of else "")


def _read(text: str, atlas: Atlas) -> SelectionState | None:
    """None if the text is no selection of this map: the link may be of another one."""
    own, _, rest = text.partition("/")
    kind, _, value = own.partition(":")
    try:
        if kind == "line":
            x_y = [[float(part) for part in corner.split(",")] for corner in value.split(";")]
            line = tuple((x, y) for x, y in x_y)
            return SelectionState("line", line) if 2 < len(line) <= _CORNERS and np.isfinite(line).all() else None
        number = int(value)
    except ValueError:
        return None
    if kind == "cluster":
        return SelectionState("cluster", number) if 0 <= number < atlas.clusters.count else None
    if kind != "cover" or not 0 < number <= len(atlas.points):
        return None
    of = _read(rest, atlas) if rest and not rest.startswith("cover") else None
    return SelectionState("cover", number, of) if bool(rest) == (of is not None) else None
