"""Which points of the map are selected: by a line, as a cluster, as near a text, or picked as representatives.

In the link a selection is `line:X,Y;X,Y;…`, `cluster:NUMBER`, `near:NUMBER` of a text, or `cover:COUNT`, of another
selection `cover:COUNT/…`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Item
from core.explore.atlas import Atlas, AtlasRequest
from core.explore.exemplars import cover_points
from core.explore.selection import find_inside, thin_line
from core.explore.text_places import find_near
from ui.session.cache import get_cached
from ui.session.state import get_state

Kind = Literal["line", "cluster", "near", "cover"]
_LINK = "chosen"
_NEAR = 24  # pictures near a text
_CORNERS = 80  # of a line at most, so that it fits into a link


@dataclass(frozen=True, slots=True)
class SelectionState:
    """A selection. value: corners of a line, the number of a cluster or of a text, or the number of representatives.

    of: for "cover", the selection that they represent; None for the whole map.
    """

    kind: Kind
    value: tuple[tuple[float, float], ...] | int
    of: SelectionState | None = None


@dataclass(slots=True)
class ExploreState:
    """What a visitor did with a map; cleared with it.

    owner: library and encoder of the map that was shown last. request: its settings. names: of clusters, as the visitor
    renamed them. shown: how many pictures of which selection. items: those shown in the panel. opened: the item of the
    point that was clicked last, until its details open.
    """

    owner: tuple[str, str] | None = None
    request: AtlasRequest | None = None
    last: Atlas | None = None
    atlas: Atlas | None = None
    chosen: SelectionState | None = None
    names: dict[int, str] = field(default_factory=dict)
    shown: tuple[SelectionState | None, int] = (None, 0)
    items: list[Item] = field(default_factory=list)
    opened: Item | None = None


def choose_line(line: list[list[float]]) -> None:
    """Select the points inside a line; nothing if there is no line. For callbacks."""
    corners = tuple((round(x, 4), round(y, 4)) for x, y in thin_line(line, _CORNERS))
    _choose(SelectionState("line", corners) if len(corners) > 2 else None)


def choose_cluster(number: int) -> None:
    """Select a cluster. For callbacks."""
    _choose(SelectionState("cluster", number))


def choose_near(number: int) -> None:
    """Select what is near a text on the map. For callbacks."""
    _choose(SelectionState("near", number))


def choose_cover(count: int, of: SelectionState | None) -> None:
    """Select this many representatives of a selection, or of the whole map. For callbacks."""
    _choose(SelectionState("cover", count, of.of if of is not None and of.kind == "cover" else of))


def choose_nothing() -> None:
    """Clear the selection. For callbacks."""
    _choose(None)


def get_shown(owner: tuple[str, str], request: AtlasRequest, asked: Atlas | None) -> tuple[AtlasRequest, Atlas | None]:
    """The map to show, with its settings: the one asked for, or until it is there the last one of the same library and
    encoder."""
    state = get_state(ExploreState)
    if asked is not None:
        state.owner, state.request, state.last = owner, request, asked
    elif state.owner != owner:
        state.owner = state.request = state.last = None
    return state.request or request, state.last


def get_chosen(atlas: Atlas, base: Atlas) -> tuple[SelectionState | None, NDArray[np.int64]]:
    """The selection and the numbers of its points: ascending, or by rank. base: the map without texts of one's own. The
    selection is cleared with it; the first one is that of the link, if the map has it."""
    state = get_state(ExploreState)
    if state.atlas is not base:
        linked = _read(st.query_params.get(_LINK, ""), atlas) if state.atlas is None else None
        state.atlas, state.chosen, state.names = base, linked, {}
    chosen = state.chosen
    if chosen is not None and chosen.kind == "near" and not _has_text(atlas, chosen.value):
        chosen = state.chosen = None
    _link(chosen)
    if chosen is None:
        return None, np.zeros(0, np.int64)
    return chosen, get_cached("explore chosen", chosen, atlas, lambda: _numbers(atlas, chosen))


def _choose(chosen: SelectionState | None) -> None:
    """Select; the panel opens, so that the result is in sight."""
    get_state(ExploreState).chosen = chosen
    if chosen is not None:
        st.session_state["panel"] = True


def _has_text(atlas: Atlas, number: object) -> bool:
    return isinstance(number, int) and 0 <= number < len(atlas.points.texts)


def _numbers(atlas: Atlas, chosen: SelectionState) -> NDArray[np.int64]:
    if isinstance(chosen.value, tuple):
        return find_inside(atlas.places, chosen.value)
    if chosen.kind == "cluster":
        return atlas.clusters.members(chosen.value)
    if chosen.kind == "near":
        return find_near(atlas.points, atlas.points.first_text + chosen.value, _NEAR)
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
    if kind == "near":
        return SelectionState("near", number) if _has_text(atlas, number) else None
    if kind != "cover" or not 0 < number <= len(atlas.points):
        return None
    of = _read(rest, atlas) if rest and not rest.startswith("cover") else None
    return SelectionState("cover", number, of) if bool(rest) == (of is not None) else None
