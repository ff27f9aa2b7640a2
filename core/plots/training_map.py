"""Plotly figures of movies or words in 2-D or 3-D, at one epoch or over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.explore.colors import NEUTRAL, get_color
from core.learn.maps import Places
from core.learn.source import Items, main_groups
from core.plots.classes import shorten_label
from core.plots.style import AMBER, titled

if TYPE_CHECKING:
    import plotly.graph_objects as go

_AXES = ("x", "y", "z")
_MOST_GROUPS = 16  # with a color of their own
_HEIGHT = 600
_STEP_MS, _MOVE_MS = 350, 300
_OTHERS = "others"  # in no group
_FAINT = 0.35  # opacity of the others where one is marked
_BUTTON = "rgba(138, 147, 147, 0.25)"


def item_map(
    places: Places,
    items: Items,
    *,
    title: str,
    chosen: int | None = None,
    axes: str = "weights",
    height: int = _HEIGHT,
    labels: int = 0,
) -> go.Figure:
    """Map of items in the color of their main group, with names for the pointer.

    Parameters
    ----------
    places : (n, 2 or 3) float32
    items : Movies or Vocabulary
    title : str
    chosen : int, optional
        An item to mark, with lines to the axes; the figure then has no legend.
    axes : {"weights", "plane"}
        Whether coordinates are weights of the layer, or a projection of more dimensions.
    height : int
        Pixels.
    labels : int
        How many items have their names beside them: the first, where groups are known the first that have one.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    named = _choose_labels(items, labels)
    figure = go.Figure(data=[_trace(places, items, rows, name, color, named) for name, color, rows in _groups(items)])
    if chosen is not None:
        figure.update_traces(opacity=_FAINT)
        figure.add_traces(_marked(places, items, chosen))
    _lay_out(figure, [places], title, axes, height)
    figure.update_layout(showlegend=chosen is None)
    return figure


def map_over_epochs(
    maps: Sequence[Places], numbers: Sequence[int], items: Items, *, title: str, axes: str, labels: int = 0
) -> go.Figure:
    """The same map at each epoch, with a slider and a play button; it starts with the last epoch.

    Parameters
    ----------
    maps : sequence of (n, 2 or 3) float32
        One for each epoch, see `core.learn.compute_maps`.
    numbers : sequence of int
        Of the epochs.
    items : Movies or Vocabulary
    title : str
    axes : {"weights", "plane"}
        See `item_map`.
    labels : int
        See `item_map`.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    groups = list(_groups(items))
    named = _choose_labels(items, labels)
    figure = go.Figure(data=[_trace(maps[-1], items, rows, name, color, named) for name, color, rows in groups])
    kind = type(figure.data[0]) if figure.data else go.Scatter
    figure.frames = [
        go.Frame(name=str(number), data=[kind(**_coordinates(places, rows)) for _, _, rows in groups])
        for number, places in zip(numbers, maps, strict=True)
    ]
    _lay_out(figure, maps, title, axes, _HEIGHT + 140)
    figure.update_layout(updatemenus=[_buttons()], sliders=[_slider(numbers)], margin_b=160)
    return figure


def _groups(items: Items) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    """Name, color and members of each main group, in alphabetic order so that colors agree between figures."""
    mains = np.array([group or "" for group in main_groups(items)])
    names = [name for name in np.unique(mains) if name]
    for number, name in enumerate(names[:_MOST_GROUPS]):
        yield shorten_label(str(name), 24), get_color(number), np.flatnonzero(mains == name)
    rest = np.flatnonzero(~np.isin(mains, names[:_MOST_GROUPS]))
    if len(rest):
        yield _OTHERS if names else f"{items.noun}s", NEUTRAL, rest


def _choose_labels(items: Items, most: int) -> NDArray[np.int64]:
    """The items whose names are drawn."""
    grouped = np.flatnonzero([bool(groups) for groups in items.groups])
    return (grouped if len(grouped) else np.arange(len(items)))[:most]


def _coordinates(places: Places, rows: NDArray[np.int64]) -> dict[str, Any]:
    return {axis: np.round(places[rows, at], 3) for at, axis in enumerate(_AXES[: places.shape[1]])}


def _trace(
    places: Places, items: Items, rows: NDArray[np.int64], name: str, color: str, named: NDArray[np.int64]
) -> dict[str, Any]:
    is_3d = places.shape[1] == 3
    names = [shorten_label(items.name(row), 60) for row in rows]
    labels = [label if row in named else "" for label, row in zip(names, rows, strict=True)]
    return {
        "type": "scatter3d" if is_3d else "scatter",
        **_coordinates(places, rows),
        "mode": "markers+text" if any(labels) else "markers",
        "marker": {
            "color": color,
            "size": 4 if is_3d else 7,
            "opacity": _FAINT if name == _OTHERS else 0.85,
            "line": {"width": 0},
        },
        "text": labels,
        "textposition": "top center",
        "textfont": {"size": 10, "color": color},
        "hovertext": names,
        "customdata": [shorten_label(", ".join(items.groups[row]), 60) for row in rows],
        "hovertemplate": "%{hovertext}<br>%{customdata}<extra></extra>",
        "name": name,
    }


def _marked(places: Places, items: Items, chosen: int) -> list[dict[str, Any]]:
    """The chosen item with its name, and lines to the axes."""
    place = places[chosen].astype(float)
    is_3d = len(place) == 3
    kind = "scatter3d" if is_3d else "scatter"
    corner = np.where(np.tri(len(place), dtype=bool), place, 0.0)  # along one axis after the other
    path = np.vstack([np.zeros(len(place)), corner]) if is_3d else np.array([[place[0], 0], place, [0, place[1]]])
    line = {"type": kind, "mode": "lines", "line": {"color": AMBER, "width": 3 if is_3d else 2, "dash": "dot"},
            "hoverinfo": "skip", "showlegend": False}  # fmt: skip
    point = {"type": kind, "mode": "markers+text", "text": [shorten_label(items.name(chosen), 40)],
             "showlegend": False, "hoverinfo": "skip",
             "textposition": "middle left" if place[0] > 0 else "middle right",
             "textfont": {"size": 14, "color": AMBER, "weight": "bold"},
             "marker": {"color": AMBER, "size": 7 if is_3d else 14, "symbol": "diamond"}}  # fmt: skip
    return [
        {**line, **dict(zip(_AXES, path.T, strict=False))},
        {**point, **dict(zip(_AXES, place[:, None], strict=False))},
    ]


def _lay_out(figure: go.Figure, maps: Sequence[Places], title: str, axes: str, height: int) -> None:
    points = np.concatenate(maps) if maps else np.zeros((1, 2), np.float32)
    is_3d = points.shape[1] == 3
    low, high = np.minimum(points.min(axis=0), 0), np.maximum(points.max(axis=0), 0)
    margin = 0.06 * np.maximum(high - low, 1e-3)
    label = "direction {} (no unit)" if axes == "plane" else "{}" if is_3d else "{}, weight of an edge"
    scales = [
        {
            "title": {"text": label.format(name if axes == "weights" else at + 1)},
            "range": [float(low[at] - margin[at]), float(high[at] + margin[at])],
        }
        for at, name in enumerate(_AXES[: points.shape[1]])
    ]
    figure.update_layout(
        **titled(shorten_label(title, 90), height=height), legend={"itemsizing": "constant"}, uirevision="map"
    )
    if is_3d:
        quiet = {"showbackground": False, "gridcolor": "rgba(138, 147, 147, 0.35)", "showspikes": False}
        figure.update_layout(
            margin_b=24,
            scene={f"{axis}axis": {**scales[at], **quiet} for at, axis in enumerate(_AXES)}
            | {"aspectmode": "cube", "camera": {"eye": {"x": 1.45, "y": 1.45, "z": 0.9}}},
        )
        return
    figure.update_layout(
        dragmode="pan",
        hovermode="closest",
        xaxis={**scales[0], "zeroline": True},
        yaxis={**scales[1], "zeroline": True},
    )


def _buttons() -> dict[str, Any]:
    move = {"frame": {"duration": _STEP_MS, "redraw": True}, "transition": {"duration": _MOVE_MS}, "fromcurrent": False}
    halt = {"frame": {"duration": 0, "redraw": True}, "mode": "immediate", "transition": {"duration": 0}}
    return {
        "type": "buttons", "direction": "left", "showactive": False, "x": 0, "y": -0.27, "xanchor": "left",
        "yanchor": "top", "pad": {"t": 8, "r": 8}, "bgcolor": _BUTTON, "bordercolor": _BUTTON,
        "buttons": [
            {"label": "Play", "method": "animate", "args": [None, move]},
            {"label": "Pause", "method": "animate", "args": [[None], halt]},
        ],
    }  # fmt: skip


def _slider(numbers: Sequence[int]) -> dict[str, Any]:
    jump = {"frame": {"duration": 0, "redraw": True}, "mode": "immediate", "transition": {"duration": _MOVE_MS}}
    return {
        "active": len(numbers) - 1, "x": 0, "len": 1, "y": -0.1, "pad": {"t": 8},
        "currentvalue": {"prefix": "epoch ", "font": {"size": 13}}, "bgcolor": _BUTTON, "activebgcolor": AMBER,
        "ticklen": 0, "minorticklen": 0,
        "steps": [{"label": str(number), "method": "animate", "args": [[str(number)], jump]} for number in numbers],
    }  # fmt: skip
