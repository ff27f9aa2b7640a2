"""Plotly figures of classes: probabilities, what a video shows over time, and how good a classification is.

They hold no theme, as those of `core.figures`. Names of classes come from anybody: what plotly would read as markup is
written out, and long ones are cut.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.timecode import timecode

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.evaluate_classes import LearningCurve

_TEAL, _AMBER, _GREY = "#2C857C", "#D08A1D", "#8A9393"
_SCALE = [[0.0, "rgba(44, 133, 124, 0.03)"], [1.0, "rgba(44, 133, 124, 1)"]]
METHOD_COLOURS = {"blend": _TEAL, "probe": "#2F6690", "centroid": _AMBER, "knn": "#9C5C8C"}
_ROW = 26  # pixels of one class
_TICKS = 8
_CLICKABLE = 120
_STILL = {"fixedrange": True, "zeroline": False}


def class_bars(names: Sequence[str], probabilities: NDArray[np.floating], *, told: bool, limit: int = 12) -> go.Figure:
    """The most probable classes of one item, the best on top. told: whether the best one is the answer, or none is."""
    import plotly.graph_objects as go

    order = np.argsort(-probabilities, kind="stable")[:limit][::-1]
    values = [float(probabilities[number]) for number in order]
    colours = [_GREY] * (len(order) - 1) + [_TEAL if told else _GREY]
    figure = go.Figure()
    figure.add_bar(
        x=values,
        y=[str(place) for place in range(len(order))],
        orientation="h",
        marker={"color": colours},
        text=[f"{value:.0%}" if value >= 0.005 else "<1%".replace("<", "&lt;") for value in values],
        textposition="outside",
        cliponaxis=False,
        customdata=[label(names[number], 120) for number in order],
        hovertemplate="%{customdata}: %{x:.3f}<extra></extra>",
    )
    figure.update_layout(
        height=_ROW * len(order) + 44,
        margin={"l": 0, "r": 44, "t": 4, "b": 36},
        showlegend=False,
        dragmode=False,
        bargap=0.35,
        xaxis={"range": [0, 1], "tickformat": ".0%", "nticks": 5, "title": {"text": "probability"}, **_STILL},
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
    """What a video shows over its time: a row a class, the darker the more probable. probabilities: (rows, classes).

    The classes that are most probable anywhere, the one with the largest share of the time on top. A click selects a
    point of the last trace, whose x is the second.
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
        colorscale=_SCALE,
        showscale=False,
        ygap=3,
        hoverinfo="skip",
    )
    figure.add_scatter(**_time_points(names, order, probabilities, rows, steps))
    ticks = np.linspace(0, seconds, min(_TICKS, max(2, int(seconds) + 1)))
    figure.update_layout(
        height=_ROW * len(order) + 44,
        margin={"l": 0, "r": 8, "t": 4, "b": 36},
        showlegend=False,
        dragmode=False,
        xaxis={
            "range": [0, seconds],
            "tickvals": ticks,
            "ticktext": [timecode(tick, within=seconds) for tick in ticks],
            "title": {"text": "time (m:ss)", "standoff": 2},
            "showgrid": False,
            **_STILL,
        },
        yaxis=_classes_axis([names[number] for number in order]),
    )
    return figure


def confusion_matrix(names: Sequence[str], confusion: NDArray[np.int64], *, title: str) -> go.Figure:
    """Rows: true classes, columns: told ones; shade: the share of the true class. The diagonal is what is right.

    A click on a cell selects a point of the last trace, whose customdata is (true number, told number, items).
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
        colorscale=_SCALE,
        showscale=False,
        hoverinfo="skip",
        xgap=1,
        ygap=1,
    )
    cells = [(true, told) for true in places for told in places if confusion[true, told]]
    figure.add_scatter(**_cells(names, confusion, cells))
    side = max(320, min(760, 150 + 34 * count))
    ticks = {"tickvals": places, "ticktext": [label(name, 18) for name in names], "showgrid": False, **_STILL}
    figure.update_layout(
        title={"text": title, "font": {"size": 13, "weight": "normal"}, "x": 0, "xref": "container"},
        height=side,
        margin={"l": 0, "r": 0, "t": 40, "b": 0},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        xaxis={"title": {"text": "told to be"}, "range": [-0.5, count - 0.5], "automargin": True, **ticks},
        yaxis={"title": {"text": "truly"}, "range": [count - 0.5, -0.5], "automargin": True, **ticks},
    )
    return figure


def learning_curves(curve: LearningCurve, *, methods: Sequence[str]) -> go.Figure:
    """Accuracy against labelled items a class: means as lines, lowest to highest of the repeats as bands.

    Zero-shot, which needs no labels, is the dotted level with its own band.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    shots = sorted({point.shots for point in curve.points if point.shots})
    zero = curve.of("zero-shot")[0]
    ends = [shots[0] * 0.9, shots[-1] * 1.1]
    _band(figure, ends, [zero.low] * 2, [zero.high] * 2, _GREY)
    level = {"color": _GREY, "dash": "dot", "width": 2}
    figure.add_scatter(
        x=ends, y=[zero.mean] * 2, mode="lines", line=level, name="zero-shot (no labels)", hoverinfo="skip"
    )
    for method in methods:
        points, colour = curve.of(method), METHOD_COLOURS[method]
        x = [point.shots for point in points]
        _band(figure, x, [point.low for point in points], [point.high for point in points], colour)
        figure.add_scatter(
            x=x,
            y=[point.mean for point in points],
            mode="lines+markers",
            line={"color": colour, "width": 2},
            name=method,
            hovertemplate=f"{method}, %{{x}} a class: %{{y:.3f}}<extra></extra>",
        )
    figure.update_layout(
        height=400,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        legend={"orientation": "h", "y": -0.22},
        xaxis={"type": "log", "tickvals": shots, "title": {"text": "labelled pictures a class"}, **_STILL},
        yaxis={"title": {"text": "accuracy on pictures held out"}, "tickformat": ".2f", **_STILL},
    )
    return figure


def reliability(probabilities: NDArray[np.floating], truth: NDArray[np.int64], *, bins: int = 10) -> go.Figure:
    """How often items told with a confidence are right: on the diagonal the probabilities mean what they say."""
    import plotly.graph_objects as go

    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    filled = np.unique(places)
    counts = [int((places == each).sum()) for each in filled]
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": _GREY, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=[float(confidence[places == each].mean()) for each in filled],
        y=[float(right[places == each].mean()) for each in filled],
        mode="lines+markers",
        marker={"color": _TEAL, "size": [6 + 18 * (count / max(counts)) ** 0.5 for count in counts]},
        line={"color": _TEAL, "width": 1},
        customdata=counts,
        hovertemplate="told at %{x:.2f}, right %{y:.2f} (%{customdata} items)<extra></extra>",
    )
    figure.update_layout(
        height=320,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        showlegend=False,
        dragmode=False,
        xaxis={"range": [0, 1.03], "title": {"text": "probability of the told class"}, **_STILL},
        yaxis={"range": [0, 1.03], "title": {"text": "share that is right"}, **_STILL},
    )
    return figure


def true_against_predicted(
    truth: Sequence[float], predicted: NDArray[np.floating], names: Sequence[str], *, title: str
) -> go.Figure:
    """A point an item; on the diagonal the prediction is right. A click selects one, whose customdata is its number."""
    import plotly.graph_objects as go

    low = float(min(min(truth), predicted.min()))
    high = float(max(max(truth), predicted.max()))
    room = 0.04 * ((high - low) or 1.0)
    ends = [low - room, high + room]
    figure = go.Figure()
    figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": _GREY, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=list(truth),
        y=[float(value) for value in predicted],
        mode="markers",
        marker={"color": _TEAL, "size": 7, "opacity": 0.65},
        customdata=list(range(len(truth))),
        text=[label(name, 60) for name in names],
        hovertemplate="%{text}: true %{x:.3g}, predicted %{y:.3g}<extra></extra>",
    )
    figure.update_layout(
        title={"text": label(title, 80), "font": {"size": 13, "weight": "normal"}, "x": 0, "xref": "container"},
        height=420,
        margin={"l": 0, "r": 0, "t": 40, "b": 0},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        xaxis={"range": ends, "title": {"text": "true"}, **_STILL},
        yaxis={"range": ends, "title": {"text": "predicted, by others"}, **_STILL},
    )
    return figure


def label(name: str, length: int) -> str:
    """A name from outside for a figure: on one line, cut, and with nothing left that plotly reads as markup."""
    name = " ".join(name.split())
    return html.escape(name if len(name) <= length else name[: length - 1] + "…", quote=False)


def _classes_axis(names: Sequence[str]) -> dict[str, Any]:
    return {
        "tickvals": [str(place) for place in range(len(names))],
        "ticktext": [label(name, 22) for name in names],
        "type": "category",
        "automargin": True,
        "showgrid": False,
        **_STILL,
    }


def _time_points(
    names: Sequence[str],
    order: NDArray[np.int64],
    probabilities: NDArray[np.floating],
    rows: NDArray[np.int64],
    steps: NDArray[np.floating],
) -> dict[str, Any]:
    """Points too faint to see on all rows of a timeline: what the pointer finds and a click selects."""
    cells = [(place, step) for place in range(len(order)) for step in range(0, len(steps), 2)]
    unseen = {"marker": {"opacity": 0}}
    seconds = float(steps[-1])
    return {
        "x": [round(float(steps[step]), 2) for _, step in cells],
        "y": [str(place) for place, _ in cells],
        "customdata": [
            f"{label(names[order[place]], 60)} · {timecode(float(steps[step]), within=seconds)} · "
            f"{probabilities[rows[step], order[place]]:.0%}"
            for place, step in cells
        ],
        "mode": "markers",
        "marker": {"size": 10, "color": _TEAL, "opacity": 0},
        "selected": unseen,
        "unselected": unseen,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _cells(names: Sequence[str], confusion: NDArray[np.int64], cells: Sequence[tuple[int, int]]) -> dict[str, Any]:
    return {
        "x": [told for _, told in cells],
        "y": [true for true, _ in cells],
        "text": [str(int(confusion[cell])) for cell in cells],
        "customdata": [[true, told, int(confusion[true, told])] for true, told in cells],
        "hovertext": [
            f"{label(names[true], 40)} told to be {label(names[told], 40)}: {int(confusion[true, told])}"
            for true, told in cells
        ],
        "hoverinfo": "text",
        "mode": "markers+text",
        "textfont": {"size": 11},
        "marker": {"size": 24, "symbol": "square", "color": "rgba(0, 0, 0, 0)"},
        "unselected": {"marker": {"opacity": 0}},
        "selected": {"marker": {"opacity": 0}},
    }


def _band(figure: go.Figure, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str) -> None:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
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
