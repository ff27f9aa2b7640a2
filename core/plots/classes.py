"""Plotly figures of class probabilities: of one item, and of a video over time.

Class names are user input: plotly's markup in them is escaped, and long names are cut.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.plots.style import GRAY, SCALE, STILL, TEAL
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW = 26  # pixels of one class
_TICKS = 8
_CLICKABLE = 120


def class_bars(
    names: Sequence[str], probabilities: NDArray[np.floating], *, predictions: bool, limit: int = 12
) -> go.Figure:
    """The most probable classes of one item as bars, best on top.

    Parameters
    ----------
    names : sequence of str
    probabilities : (classes,) float
        0 to 1.
    predictions : bool
        Whether the best class is the prediction and is highlighted; False where the item is "none of these".
    limit : int
        Most bars.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    order = np.argsort(-probabilities, kind="stable")[:limit][::-1]
    values = [float(probabilities[number]) for number in order]
    colors = [GRAY] * (len(order) - 1) + [TEAL if predictions else GRAY]
    figure = go.Figure()
    figure.add_bar(
        x=values,
        y=[str(place) for place in range(len(order))],
        orientation="h",
        marker={"color": colors},
        text=[f"{min(99, round(100 * value))} %" if value >= 0.005 else "&lt;1 %" for value in values],
        textposition="outside",
        cliponaxis=False,
        customdata=[shorten_label(names[number], 120) for number in order],
        hovertemplate="%{customdata}: %{x:.3f}<extra></extra>",
    )
    figure.update_layout(
        height=_ROW * len(order) + 50,
        margin={"l": 0, "r": 44, "t": 4, "b": 42},
        showlegend=False,
        dragmode=False,
        bargap=0.35,
        xaxis={"range": [0, 1], "tickformat": ".0%", "nticks": 5, "title": {"text": "probability"}, **STILL},
        yaxis=_classes_axis([names[number] for number in order]),
    )
    return figure


def class_timeline(
    names: Sequence[str],
    start_s: NDArray[np.floating],
    end_s: NDArray[np.floating],
    probabilities: NDArray[np.floating],
    *,
    limit: int = 8,
) -> go.Figure:
    """Class probabilities of a video over time: one row per class, darker where more probable.

    Draws the classes with the highest peaks; the one that covers most of the time is on top.

    Parameters
    ----------
    names : sequence of str
    start_s, end_s : (rows,) float
        Time of each row, in seconds.
    probabilities : (rows, classes) float
        0 to 1.
    limit : int
        Most classes.

    Returns
    -------
    plotly.graph_objects.Figure
        A click selects a point of the last trace; its `x` is the second.
    """
    import plotly.graph_objects as go

    seconds = float(end_s[-1])
    share = (end_s - start_s) @ probabilities
    strongest = np.argsort(-probabilities.max(axis=0), kind="stable")[:limit]
    order = strongest[np.argsort(share[strongest], kind="stable")]
    steps = (np.arange(_CLICKABLE * 2) + 0.5) * seconds / (_CLICKABLE * 2)
    rows = np.clip(np.searchsorted(start_s, steps, "right") - 1, 0, len(start_s) - 1)
    places = [str(place) for place in range(len(order))]
    figure = go.Figure()
    figure.add_heatmap(
        x=np.round(steps, 2),
        y=places,
        z=np.round(probabilities[rows][:, order].T, 3),
        zmin=0,
        zmax=1,
        colorscale=SCALE,
        showscale=False,
        ygap=3,
        hoverinfo="skip",
    )
    figure.add_scatter(**_time_points(names, order, probabilities, rows, steps))
    figure.update_layout(
        height=_ROW * len(order) + 50,
        margin={"l": 0, "r": 8, "t": 4, "b": 42},
        showlegend=False,
        dragmode=False,
        xaxis=_time_axis(seconds),
        yaxis=_classes_axis([names[number] for number in order]),
    )
    return figure


def shorten_label(name: str, length: int) -> str:
    """User text as a plotly label: one line, cut to `length` characters, markup escaped."""
    name = " ".join(name.split())
    return html.escape(name if len(name) <= length else name[: length - 1] + "…", quote=False)


def _time_axis(seconds: float) -> dict[str, Any]:
    ticks = np.linspace(0, seconds, min(_TICKS, max(2, int(seconds) + 1)))
    return {
        "range": [0, seconds],
        "tickvals": ticks,
        "ticktext": [format_timecode(tick, within=seconds) for tick in ticks],
        "title": {"text": "time (m:ss)", "standoff": 2},
        "showgrid": False,
        **STILL,
    }


def _classes_axis(names: Sequence[str]) -> dict[str, Any]:
    return {
        "tickvals": [str(place) for place in range(len(names))],
        "ticktext": [shorten_label(name, 22) for name in names],
        "type": "category",
        "automargin": True,
        "showgrid": False,
        **STILL,
    }


def _time_points(
    names: Sequence[str],
    order: NDArray[np.int64],
    probabilities: NDArray[np.floating],
    rows: NDArray[np.int64],
    steps: NDArray[np.floating],
) -> dict[str, Any]:
    """Invisible points on all rows of a timeline, for the pointer and for clicks."""
    cells = [(place, step) for place in range(len(order)) for step in range(0, len(steps), 2)]
    unseen = {"marker": {"opacity": 0}}
    seconds = float(steps[-1])
    return {
        "x": [round(float(steps[step]), 2) for _, step in cells],
        "y": [str(place) for place, _ in cells],
        "customdata": [
            f"{shorten_label(names[order[place]], 60)} · {format_timecode(float(steps[step]), within=seconds)} · "
            f"{probabilities[rows[step], order[place]]:.0%}"
            for place, step in cells
        ],
        "mode": "markers",
        "marker": {"size": 10, "color": TEAL, "opacity": 0},
        "selected": unseen,
        "unselected": unseen,
        "hovertemplate": "%{customdata}<extra></extra>",
    }
