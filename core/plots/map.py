"""Plotly figures of maps: points in 3-D, and the names in a selection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.explore.colors import Coloring, Colors
from core.plots.classes import shorten_label
from core.plots.style import GRAY, STILL, TEAL

if TYPE_CHECKING:
    import plotly.graph_objects as go

Mask = NDArray[np.bool_]

_MOST_GROUPS = 14  # with a trace and a line of the legend of their own
_ROW = 26  # pixels of one bar
_LONGEST = 28  # characters of a name in the legend or beside a bar
_GRID = "rgba(138, 147, 147, 0.35)"
_FAINT = 0.18  # opacity of points outside the selection


def space(
    places: NDArray[np.float32],
    coloring: Coloring,
    *,
    names: Sequence[str] | None = None,
    highlighted: Mask | None = None,
    chosen: Mask | None = None,
    labels: Sequence[str] = (),
    label_places: NDArray[np.float32] | None = None,
    title: str = "",
) -> go.Figure:
    """Points in 3-D, colored by group or by value.

    Parameters
    ----------
    places : (n, 3) float32
    coloring : Coloring
        See `core.explore`.
    names : sequence of str, optional
        Of the n points, for the pointer.
    highlighted, chosen : (n,) bool, optional
        Points that stand out; the rest is faint. With both: the points in both.
    labels, label_places : sequence of str and (m, 3) float32, optional
        Names that stand in the space, such as those of clusters, and where.
    title : str

    Returns
    -------
    plotly.graph_objects.Figure
        `customdata` of each point is its number. The view stays when the figure is drawn again.
    """
    import plotly.graph_objects as go

    prominent = np.ones(len(places), bool)
    for mask in (highlighted, chosen):
        prominent &= True if mask is None else mask
    size = 4.5 if len(places) <= 2_000 else 3 if len(places) <= 20_000 else 2
    figure = go.Figure()
    for number, (group, members) in enumerate(_groups(coloring)):
        for strong in (True, False):
            numbers = members[prominent[members] == strong]
            if len(numbers) or strong:
                figure.add_scatter3d(
                    **_cloud(places, coloring.rgb, numbers, names, group),
                    legendgroup=str(number),
                    showlegend=strong and bool(group),
                    opacity=0.9 if strong else _FAINT,
                )
                figure.data[-1].marker.size = size if strong else 0.7 * size
    if coloring.ramp:
        figure.add_scatter3d(**_scale(coloring))
    if label_places is not None and len(labels):
        figure.add_scatter3d(**_labels(labels, label_places))
    _lay_out(figure, title)
    return figure


def count_bars(named: Sequence[tuple[str, int]], *, of: str, limit: int = 8) -> go.Figure:
    """How many points have each name, most frequent first; names beyond `limit` share one gray bar.

    Parameters
    ----------
    named : sequence of (str, int)
        Names and their counts.
    of : str
        What the names are, such as "label" or "folder".
    limit : int
        Most names.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    ranked = sorted(named, key=lambda name_count: -name_count[1])
    shown, rest = ranked[:limit], ranked[limit:]
    colors = [TEAL] * len(shown)
    if rest:
        shown.append((f"{len(rest):,} more", sum(count for _, count in rest)))
        colors.append(GRAY)
    figure = go.Figure()
    figure.add_bar(
        x=[count for _, count in shown],
        y=list(range(len(shown))),
        orientation="h",
        marker={"color": colors},
        text=[f"{count:,}" for _, count in shown],
        textposition="outside",
        cliponaxis=False,
        customdata=[shorten_label(name, 120) for name, _ in shown],
        hovertemplate="%{customdata}: %{x:,}<extra></extra>",
    )
    ticks = {"tickvals": list(range(len(shown))), "ticktext": [shorten_label(name, _LONGEST) for name, _ in shown]}
    figure.update_layout(
        height=_ROW * len(shown) + 60,
        margin={"l": 0, "r": 48, "t": 4, "b": 42},
        showlegend=False,
        dragmode=False,
        bargap=0.35,
        xaxis={"title": {"text": "points"}, "rangemode": "tozero", "tickformat": ",d", "nticks": 5, **STILL},
        yaxis={"title": {"text": of}, "autorange": "reversed", "automargin": True, **ticks, **STILL},
    )
    return figure


def _groups(coloring: Coloring) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Legend line and points of each group; small groups share a line, which is empty where colors are values."""
    rest = np.ones(len(coloring.rgb), bool)
    for group in coloring.groups[:_MOST_GROUPS]:
        members = rest & (coloring.rgb == np.frombuffer(bytes.fromhex(group.color[1:]), np.uint8)).all(axis=1)
        rest &= ~members
        yield f"{shorten_label(group.name, _LONGEST)} ({group.count:,})", np.flatnonzero(members)
    if rest.any():
        more = len(coloring.groups) - _MOST_GROUPS
        yield f"{more:,} more ({int(rest.sum()):,})" if more > 0 else "", np.flatnonzero(rest)


def _cloud(
    places: NDArray[np.float32],
    rgb: Colors,
    numbers: NDArray[np.int64],
    names: Sequence[str] | None,
    group: str,
) -> dict[str, Any]:
    x, y, z = np.round(places[numbers], 4).T
    hover: dict[str, Any] = {"hoverinfo": "skip"}
    if names is not None:
        hover = {"text": [shorten_label(names[number], 60) for number in numbers]}
    lines = "<br>".join(filter(None, ["" if names is None else "%{text}", group]))
    if lines:
        hover["hovertemplate"] = f"{lines}<extra></extra>"
    return {"x": x, "y": y, "z": z, "mode": "markers", "name": group, "customdata": numbers, **hover,
            "marker": {**_paint(rgb[numbers]), "line": {"width": 0}}}  # fmt: skip


def _paint(rgb: Colors) -> dict[str, Any]:
    """Marker colors: one for all points, or a number per point with its color scale."""
    colors, numbers = np.unique(rgb.reshape(-1, 3), axis=0, return_inverse=True)
    css = ["rgb({}, {}, {})".format(*color) for color in colors.tolist()]
    if len(css) < 2:
        return {"color": css[0] if css else GRAY}
    scale = [[number / (len(css) - 1), color] for number, color in enumerate(css)]
    return {"color": numbers.ravel(), "colorscale": scale, "cmin": 0, "cmax": len(css) - 1, "showscale": False}


def _scale(coloring: Coloring) -> dict[str, Any]:
    """An empty trace that carries the color bar."""
    assert coloring.ramp is not None
    colors = coloring.ramp.colors
    scale = [[number / (len(colors) - 1), color] for number, color in enumerate(colors)]
    ends = [shorten_label(end, _LONGEST) for end in (coloring.ramp.low, coloring.ramp.high)]
    bar = {"tickvals": [0, 1], "ticktext": ends, "thickness": 12, "len": 0.6, "outlinewidth": 0}
    marker = {"color": [0.0], "colorscale": scale, "cmin": 0, "cmax": 1, "showscale": True, "colorbar": bar}
    return {"x": [None], "y": [None], "z": [None], "mode": "markers", "marker": marker, "showlegend": False,
            "hoverinfo": "skip"}  # fmt: skip


def _labels(labels: Sequence[str], places: NDArray[np.float32]) -> dict[str, Any]:
    """The trace of the names; they have no hover, so that the points below keep theirs."""
    x, y, z = np.round(places, 4).T
    return {"x": x, "y": y, "z": z, "mode": "text", "text": [shorten_label(label, _LONGEST) for label in labels],
            "textfont": {"size": 13}, "showlegend": False, "hoverinfo": "skip"}  # fmt: skip


def _lay_out(figure: go.Figure, title: str) -> None:
    axis = {"title": {"text": ""}, "showticklabels": False, "showbackground": False, "gridcolor": _GRID,
            "zerolinecolor": _GRID, "showspikes": False, "nticks": 3}  # fmt: skip
    figure.update_layout(
        title={"text": shorten_label(title, 120), "font": {"size": 14}},
        height=640,
        margin={"l": 0, "r": 0, "t": 40 if title else 0, "b": 0},
        scene={"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "data", "dragmode": "orbit",
               "camera": {"eye": {"x": 0.95, "y": 0.95, "z": 0.95}}},
        legend={"itemsizing": "constant", "orientation": "h", "x": 0, "y": 0, "yanchor": "top",
                "bgcolor": "rgba(0, 0, 0, 0)"},
        uirevision="view",
    )  # fmt: skip
