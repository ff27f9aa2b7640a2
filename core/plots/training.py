"""Plotly figures of a training: its curves, and the weights of one item."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.learn.state import Baselines, Epoch
from core.plots.classes import shorten_label
from core.plots.style import AMBER, GRAY, PURPLE, STILL, STILL_PLOT, TEAL, titled

if TYPE_CHECKING:
    import plotly.graph_objects as go

AXES = "xyz"  # names of two or three dimensions
Edges = Sequence[tuple[str, float, NDArray[np.float32]]]  # input node, its value, the weights of its edges
_LABEL_BACKGROUND = "#5F6B6B"  # behind white numbers, readable in either theme
_LEGEND = {"orientation": "h", "y": -0.32}


def loss_line(epochs: Sequence[Epoch], *, items: int, negatives: int, noun: str = "next movie") -> go.Figure:
    """Loss over epochs, with that of guessing as a dotted level.

    Parameters
    ----------
    epochs : sequence of Epoch
    items : int
        Number of items.
    negatives : int
        Sampled negatives per pair, 0: all items; see `core.learn.TrainingSettings`.
    noun : str
        What an item is.

    Returns
    -------
    plotly.graph_objects.Figure
        Losses in nats.
    """
    import plotly.graph_objects as go

    guess = math.log(negatives + 1 if negatives else items)
    figure = go.Figure()
    numbers = [epoch.number for epoch in epochs]
    _level(figure, numbers, guess, "guessing", AMBER)
    _line(figure, numbers, [epoch.loss for epoch in epochs], "loss", TEAL, ".3f")
    figure.update_layout(
        **titled(f"Loss: how improbable the {noun} was", height=330),
        **STILL_PLOT,
        legend=_LEGEND,
        xaxis=_epochs_axis(numbers),
        yaxis={"title": {"text": "cross-entropy (nats)"}, "tickformat": ".2f", **STILL},
    )
    return figure


def share_lines(
    epochs: Sequence[Epoch], baselines: Baselines, *, noun: str = "next movie", group: str = "genre"
) -> go.Figure:
    """Recall of next items and share of neighbors of the same group over epochs, with baselines as dotted levels.

    Parameters
    ----------
    epochs : sequence of Epoch
        Measures that an epoch lacks are left out.
    baselines : Baselines
        What popularity and chance reach.
    noun, group : str
        What items and their groups are.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    numbers = [epoch.number for epoch in epochs]
    figure = go.Figure()
    lines = (
        ("same_group", f"same {group}", PURPLE, baselines.same_group, "by chance"),
        ("recall", noun, TEAL, baselines.popular, "by popularity"),
    )
    for field, name, color, baseline, baseline_name in lines:
        values = [getattr(epoch, field) for epoch in epochs]
        if None in values:
            continue
        if baseline is not None:
            _level(figure, numbers, baseline, f"{name}, {baseline_name}", color)
        _line(figure, numbers, values, name, color, ".1%")
    figure.update_layout(
        **titled(f"Quality: {noun}s and {group}s", height=330),
        **STILL_PLOT,
        legend=_LEGEND,
        xaxis=_epochs_axis(numbers),
        yaxis={"title": {"text": "share"}, "tickformat": ".0%", "rangemode": "tozero", **STILL},
    )
    return figure


def network(edges: Edges, *, title: str) -> go.Figure:
    """An item's active input nodes on the left, the nodes of the layer on the right, and the weights between them.

    The sum at each node on the right is a coordinate of the item.

    Parameters
    ----------
    edges : sequence of (str, float, (dims,) float32)
        Input node, its value, and its weights to two or three dimensions; see `core.learn.Training.edges`.
    title : str

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    dims, count = len(edges[0][2]), len(edges)
    left, right = _heights(count), _heights(dims)
    strongest = max(float(np.abs(weights).max()) for _, _, weights in edges) or 1.0
    figure = go.Figure()
    weight_labels = []
    for number, (_, _, weights) in enumerate(edges):
        for dim, weight in enumerate(weights):
            ends = (left[number], right[dim])
            figure.add_scatter(**_edge(ends, float(weight) / strongest))
            share = 0.55 if count == 1 else 0.3 + 0.5 * number / (count - 1)
            weight_labels.append(_weight_label(ends, share, float(weight)))
    sums = sum(value * weights for _, value, weights in edges)
    inputs = [shorten_label(name if value == 1 else f"{name} {value:z.2f}", 34) for name, value, _ in edges]
    figure.add_scatter(**_nodes([0.0] * count, left, inputs, "top center" if count == 1 else "middle left"))
    coordinates = [f"{AXES[dim]} = {total:z.2f}" for dim, total in enumerate(np.asarray(sums))]
    figure.add_scatter(**_nodes([1.0] * dims, right, coordinates, "middle right"))
    axis = {"showgrid": False, "showticklabels": False, **STILL}
    figure.update_layout(
        **titled(shorten_label(title, 80), height=max(320, 70 * count)),
        **STILL_PLOT,
        annotations=weight_labels,
        showlegend=False,
        xaxis={"range": [-0.42 if count == 1 else -0.75, 1.35], **axis},
        yaxis={"range": [-0.05, 1.05], **axis},
    )
    return figure


def weight_strip(weights: NDArray[np.float32], *, title: str) -> go.Figure:
    """Weights of an item as bars, one per dimension.

    Parameters
    ----------
    weights : (dim,) float32
    title : str

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_bar(
        x=list(range(1, len(weights) + 1)),
        y=np.round(weights.astype(float), 4),
        marker={"color": [TEAL if weight >= 0 else AMBER for weight in weights]},
        hovertemplate="dimension %{x}: %{y:.3f}<extra></extra>",
    )
    figure.update_layout(
        **titled(shorten_label(title, 80), height=280),
        **STILL_PLOT,
        xaxis={"title": {"text": "dimension"}, **STILL},
        yaxis={"title": {"text": "weight of the edge"}, **STILL},
    )
    return figure


def _line(figure: go.Figure, numbers: Sequence[int], values: Sequence[float], name: str, color: str, form: str) -> None:
    figure.add_scatter(
        x=list(numbers),
        y=list(values),
        mode="lines+markers",
        line={"color": color, "width": 2},
        marker={"size": 5},
        name=name,
        hovertemplate=f"epoch %{{x}}: %{{y:{form}}}<extra>{name}</extra>",
    )


def _level(figure: go.Figure, numbers: Sequence[int], value: float, name: str, color: str) -> None:
    figure.add_scatter(
        x=[0, max(1, numbers[-1])],
        y=[value] * 2,
        mode="lines",
        line={"color": color, "width": 1.5, "dash": "dot"},
        name=name,
        hovertemplate=f"%{{y:.3f}}<extra>{name}</extra>",
    )


def _epochs_axis(numbers: Sequence[int]) -> dict[str, Any]:
    return {
        "title": {"text": "epochs"},
        "tickformat": "d",
        "range": [-0.3, max(1, numbers[-1]) + 0.3],
        "dtick": max(1, numbers[-1] // 5),
        **STILL,
    }


def _edge(ends: tuple[float, float], strength: float) -> dict[str, Any]:
    line = {"color": TEAL if strength >= 0 else AMBER, "width": 1 + 5 * abs(strength)}
    return {"x": [0, 1], "y": list(ends), "mode": "lines", "line": line, "opacity": 0.75, "hoverinfo": "skip"}


def _heights(count: int) -> list[float]:
    """Heights of `count` nodes in a column, first on top."""
    return [1 - (number + 1) / (count + 1) for number in range(count)]


def _weight_label(ends: tuple[float, float], share: float, weight: float) -> dict[str, Any]:
    """The weight, written on its edge at `share` of its length (0 to 1)."""
    return {
        "x": share,
        "y": ends[0] + share * (ends[1] - ends[0]),
        "text": f"{weight:z.2f}",
        "showarrow": False,
        "bgcolor": _LABEL_BACKGROUND,
        "font": {"color": "#FFFFFF", "size": 12},
        "borderpad": 2,
    }


def _nodes(x: Sequence[float], y: Sequence[float], text: Sequence[str], where: str) -> dict[str, Any]:
    return {
        "x": list(x),
        "y": list(y),
        "mode": "markers+text",
        "text": list(text),
        "textposition": where,
        "textfont": {"size": 13},
        "marker": {"size": 18, "color": GRAY},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
