"""Plotly figures of a library along one or two semantic axes, each between two phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.geometry.axis import Axis
from core.plots.classes import shorten_label
from core.plots.style import AMBER, STILL, STILL_PLOT, TEAL, titled

if TYPE_CHECKING:
    import plotly.graph_objects as go

_BINS = 60


def axis_strip(axis: Axis, names: Sequence[str], shown: NDArray[np.int64]) -> go.Figure:
    """Histogram of a library along an axis, with some items marked below it.

    Parameters
    ----------
    axis : Axis
        See `core.geometry.measure_axis`.
    names : sequence of str
        A name for each value of the axis, for the pointer.
    shown : (k,) int64
        Numbers of the items to mark.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    counts, edges = np.histogram(axis.values, min(_BINS, max(5, len(axis.values) // 4)))
    figure = go.Figure()
    figure.add_bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": TEAL, "opacity": 0.55},
        hovertemplate="%{y} near %{x:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=axis.values[shown],
        y=np.zeros(len(shown)),
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 16, "color": AMBER, "line": {"width": 2}},
        text=[shorten_label(names[int(number)], 60) for number in shown],
        hovertemplate="%{text}<extra></extra>",
    )
    figure.update_layout(
        **titled("Where the library lies on the axis", height=230),
        **STILL_PLOT,
        showlegend=False,
        bargap=0,
        xaxis={"title": {"text": _end_labels(axis)}, **STILL},
        yaxis={"title": {"text": "pictures"}, "rangemode": "tozero", **STILL},
    )
    return figure


def axis_plane(
    across: Axis, up: Axis, names: Sequence[str], thumbnails: Mapping[int, str], *, chosen: Sequence[int] | None = None
) -> go.Figure:
    """Scatter plot of a library on two axes; some points are drawn as pictures.

    Parameters
    ----------
    across, up : Axis
        The horizontal and the vertical axis, of the same n items.
    names : sequence of str
        A name for each of the n items.
    thumbnails : mapping of int to str
        Data URIs of pictures by item number.
    chosen : sequence of int, optional
        Numbers of the items to draw; default: all.

    Returns
    -------
    plotly.graph_objects.Figure
        `customdata` of each point is its item number, so that a click selects the item.
    """
    import plotly.graph_objects as go

    numbers = np.arange(len(across.values)) if chosen is None else np.asarray(chosen)
    figure = go.Figure()
    figure.add_scatter(
        x=across.values[numbers],
        y=up.values[numbers],
        mode="markers",
        marker={"color": TEAL, "size": 7, "opacity": 0.6},
        customdata=numbers,
        text=[shorten_label(names[int(number)], 60) for number in numbers],
        hovertemplate="%{text}<extra></extra>",
    )
    width, height = (float(np.ptp(axis.values[numbers])) or 1.0 for axis in (across, up))
    for number, uri in thumbnails.items():
        figure.add_layout_image(
            source=uri,
            x=float(across.values[number]),
            y=float(up.values[number]),
            xref="x",
            yref="y",
            sizex=0.075 * width,
            sizey=0.1 * height,
            xanchor="center",
            yanchor="middle",
            layer="below",
        )
    figure.update_layout(
        **titled("The library on two axes", height=620),
        showlegend=False,
        **STILL_PLOT,
        xaxis={"title": {"text": _end_labels(across)}, "showgrid": False, **STILL},
        yaxis={"title": {"text": _end_labels(up)}, "showgrid": False, **STILL},
    )
    return figure


def _end_labels(axis: Axis) -> str:
    return f"{shorten_label(axis.low, 34)}  ←  difference of cosines  →  {shorten_label(axis.high, 34)}"
