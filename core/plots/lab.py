"""Plotly figures of prediction quality: confusion, learning curves, calibration, residuals, distributions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.plots.classes import shorten_label
from core.plots.style import AMBER, BLUE, GRAY, PURPLE, SCALE, STILL, TEAL, title_style

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.classify.validation import LearningCurve

_DARK = 0.45  # share above which a cell is so dark that its number is white
_ON_LIGHT = "#7C8787"  # of the other numbers: readable on the backgrounds of both themes
_COLORS = {"blend": TEAL, "probe": BLUE, "centroid": AMBER, "knn": PURPLE}
_ROOM = 0.03  # below the lowest accuracy
_MOST_BINS = 40  # reached at 8,000 items: Rice's rule, whose number does not grow with a value far from the others


def confusion_matrix(names: Sequence[str], confusion: NDArray[np.int64]) -> go.Figure:
    """Confusion matrix: rows are true classes, columns predicted ones, the shade is the share of the true class.

    Parameters
    ----------
    names : sequence of str
        Of the classes.
    confusion : (classes, classes) int64
        Counts; rows are true classes.

    Returns
    -------
    plotly.graph_objects.Figure
        A click on a cell selects a point whose `customdata` is (true class, predicted class, items).
    """
    import plotly.graph_objects as go

    count = len(names)
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    places = list(range(count))
    figure = go.Figure()
    figure.add_heatmap(
        x=places,
        y=places,
        z=share,
        zmin=0,
        zmax=1,
        colorscale=SCALE,
        showscale=False,
        hoverinfo="skip",
        xgap=1,
        ygap=1,
    )
    cells = [(true, predicted) for true in places for predicted in places if confusion[true, predicted]]
    for dark in (False, True):
        shaded = [cell for cell in cells if (share[cell] > _DARK) == dark]
        figure.add_scatter(**_cells(names, confusion, shaded, "#FFFFFF" if dark else _ON_LIGHT))
    side = max(320, min(760, 150 + 34 * count))
    ticks = {"tickvals": places, "ticktext": [shorten_label(name, 18) for name in names], "showgrid": False, **STILL}
    figure.update_layout(
        height=side,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        xaxis={"title": {"text": "Predicted class"}, "range": [-0.5, count - 0.5], "automargin": True, **ticks},
        yaxis={"title": {"text": "True class"}, "range": [count - 0.5, -0.5], "automargin": True, **ticks},
    )
    return figure


def learning_curves(curve: LearningCurve, *, methods: Sequence[str]) -> go.Figure:
    """Accuracy against labeled items per class: means as lines, the range of the repeats as bands.

    Parameters
    ----------
    curve : LearningCurve
        See `core.classify.compute_learning_curve`.
    methods : sequence of str
        Methods to draw. Zero-shot, which needs no labels, is always drawn as a dotted level.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    shots = sorted({point.shots for point in curve.points if point.shots})
    zero_shot = curve.of("zero-shot")[0]
    lowest = max(0.0, min(point.low for point in curve.points) - _ROOM)
    ends = [shots[0] * 0.9, shots[-1] * 1.1]
    _band(figure, ends, [zero_shot.low] * 2, [zero_shot.high] * 2, GRAY)
    level = {"color": GRAY, "dash": "dot", "width": 2}
    figure.add_scatter(
        x=ends, y=[zero_shot.mean] * 2, mode="lines", line=level, name="zero-shot (no labels)", hoverinfo="skip"
    )
    for method in methods:
        points, color = curve.of(method), _COLORS[method]
        x = [point.shots for point in points]
        _band(figure, x, [point.low for point in points], [point.high for point in points], color)
        figure.add_scatter(
            x=x,
            y=[point.mean for point in points],
            mode="lines+markers",
            line={"color": color, "width": 2},
            cliponaxis=False,
            name=method,
            hovertemplate=f"{method}, %{{x}} per class: %{{y:.3f}}<extra></extra>",
        )
    figure.update_layout(
        height=400,
        margin={"l": 0, "r": 8, "t": 12, "b": 0},
        dragmode=False,
        legend={"orientation": "h", "y": -0.22},
        xaxis={"type": "log", "tickvals": shots, "title": {"text": "labeled pictures per class"}, **STILL},
        yaxis={
            "title": {"text": "accuracy on held-out pictures"},
            "tickformat": ".2f",
            "range": [lowest, 1.0],
            **STILL,
        },
    )
    return figure


def reliability(probabilities: NDArray[np.floating], truth: NDArray[np.int64], *, bins: int = 10) -> go.Figure:
    """Reliability diagram: accuracy against confidence. On the diagonal, probabilities are calibrated.

    Parameters
    ----------
    probabilities : (n, classes) float
        0 to 1.
    truth : (n,) int64
        True class of each item.
    bins : int
        Bins of equal width from 0 to 1.

    Returns
    -------
    plotly.graph_objects.Figure

    References
    ----------
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    import plotly.graph_objects as go

    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    bin_numbers = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [bin_numbers == number for number in np.unique(bin_numbers)]
    counts = [int(member.sum()) for member in members]
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": GRAY, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=[float(confidence[member].mean()) for member in members],
        y=[float(correct[member].mean()) for member in members],
        mode="lines+markers",
        marker={"color": TEAL, "size": [6 + 18 * (count / max(counts)) ** 0.5 for count in counts]},
        line={"color": TEAL, "width": 1},
        cliponaxis=False,
        customdata=counts,
        hovertemplate="confidence %{x:.2f}, accuracy %{y:.2f} (%{customdata} items)<extra></extra>",
    )
    figure.update_layout(
        height=320,
        margin={"l": 0, "r": 14, "t": 14, "b": 0},
        showlegend=False,
        dragmode=False,
        xaxis={"range": [0, 1], "title": {"text": "probability of the predicted class"}, **STILL},
        yaxis={"range": [0, 1], "title": {"text": "share that is correct"}, **STILL},
    )
    return figure


def true_vs_predicted(
    truth: Sequence[float], predicted: NDArray[np.floating], names: Sequence[str], *, title: str
) -> go.Figure:
    """Scatter plot of predicted against true numbers; on the diagonal, the prediction is correct.

    Parameters
    ----------
    truth, predicted : (n,) float
    names : sequence of str
        Of the n items.
    title : str

    Returns
    -------
    plotly.graph_objects.Figure
        `customdata` of each point is its item number.
    """
    import plotly.graph_objects as go

    low = float(min(min(truth), predicted.min()))
    high = float(max(max(truth), predicted.max()))
    room = 0.04 * ((high - low) or 1.0)
    ends = [low - room, high + room]
    figure = go.Figure()
    figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": GRAY, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=list(truth),
        y=[float(value) for value in predicted],
        mode="markers",
        marker={"color": TEAL, "size": 7, "opacity": 0.65},
        customdata=list(range(len(truth))),
        text=[shorten_label(name, 60) for name in names],
        hovertemplate="%{text}: true %{x:.3g}, predicted %{y:.3g}<extra></extra>",
    )
    figure.update_layout(
        title=title_style(shorten_label(title, 80), size=13),
        height=420,
        margin={"l": 0, "r": 0, "t": 40, "b": 0},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        xaxis={"range": ends, "title": {"text": "true"}, **STILL},
        yaxis={"range": ends, "title": {"text": "predicted"}, **STILL},
    )
    return figure


def _cells(
    names: Sequence[str], confusion: NDArray[np.int64], cells: Sequence[tuple[int, int]], color: str
) -> dict[str, Any]:
    return {
        "x": [predicted for _, predicted in cells],
        "y": [true for true, _ in cells],
        "text": [str(int(confusion[cell])) for cell in cells],
        "customdata": [[true, predicted, int(confusion[true, predicted])] for true, predicted in cells],
        "hovertext": [
            f"{shorten_label(names[true], 40)} predicted as {shorten_label(names[predicted], 40)}: "
            f"{int(confusion[true, predicted])}"
            for true, predicted in cells
        ],
        "hoverinfo": "text",
        "mode": "markers+text",
        "textfont": {"size": 11, "color": color},
        "marker": {"size": 24, "symbol": "square", "color": "rgba(0, 0, 0, 0)"},
        "unselected": {"marker": {"opacity": 0}, "textfont": {"color": color}},
        "selected": {"marker": {"opacity": 0}, "textfont": {"color": color}},
    }


def _band(figure: go.Figure, x: Sequence[float], low: Sequence[float], high: Sequence[float], color: str) -> None:
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        fill="toself",
        fillcolor=f"rgba({red}, {green}, {blue}, 0.13)",
        line={"width": 0},
        mode="lines",
        showlegend=False,
        hoverinfo="skip",
    )


def value_histogram(values: Sequence[float], *, name: str, noun: str) -> go.Figure:
    """Histogram of numbers.

    Parameters
    ----------
    values : sequence of float
    name : str
        What the numbers measure.
    noun : str
        What the items are, in the plural.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    # numpy refuses bins narrower than doubles resolve: values that are practically equal share one
    constant = np.ptp(values) <= 1e-6 * np.abs(values).max()
    bins = 1 if constant else min(_MOST_BINS, math.ceil(2 * len(values) ** (1 / 3)))
    counts, edges = np.histogram(values, bins)
    figure = go.Figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": TEAL, "line": {"width": 1, "color": "rgba(255, 255, 255, 0.4)"}},
        customdata=np.column_stack([edges[:-1], edges[1:]]),
        hovertemplate="%{customdata[0]:.4~g} to %{customdata[1]:.4~g}: %{y}<extra></extra>",
    )
    figure.update_layout(
        height=220,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        showlegend=False,
        dragmode=False,
        bargap=0,
        xaxis={"title": {"text": shorten_label(name, 60)}, "automargin": True, **STILL},
        yaxis={"title": {"text": noun}, "automargin": True, "rangemode": "tozero", **STILL},
    )
    return figure
