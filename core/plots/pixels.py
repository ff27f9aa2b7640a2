"""Plotly figures that compare raw pixels with embeddings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.plots.style import AMBER, GRAY, PER_CENT, STILL, TEAL, title_style

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.evaluation.pixels import Input
    from core.geometry.distance_contrast import PairDistances
    from core.geometry.linear_probe import InputCurve

NAMES = {"pixels": "raw pixels", "embedding": "embedding"}
_COLORS = {"pixels": AMBER, "embedding": TEAL}


def pair_histogram(pairs: PairDistances, which: str) -> go.Figure:
    """Distances between pictures of the same label and of different labels; where the curves separate, distance
    predicts the label. which: "pixels" or "embedding".
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    middles = (pairs.edges[:-1] + pairs.edges[1:]) / 2
    kinds = (("different labels", pairs.different, GRAY), ("same label", pairs.same, _COLORS[which]))
    for name, shares, color in kinds:
        figure.add_scatter(
            x=middles,
            y=100 * shares,
            mode="lines",
            line={"color": color, "width": 2, "shape": "hvh"},
            fill="tozeroy",
            name=name,
            hovertemplate=f"{name}: %{{y:.1f}} % of its pairs at %{{x:.2f}}<extra></extra>",
        )
    figure.update_layout(
        **_layout(f"{NAMES[which].capitalize()}: {pairs.numbers:,} numbers", 300),
        xaxis={"title": {"text": "distance of two pictures (1 = the mean)"}, **STILL},
        yaxis={"title": {"text": "share of pairs"}, **PER_CENT, **STILL},
    )
    return figure


def contrast_by_dimension(
    random: Mapping[int, float], numbers: Mapping[Input, int], contrast: Mapping[Input, float]
) -> go.Figure:
    """Relative contrast against the number of dimensions, both axes logarithmic: random vectors and both inputs.

    An input far above the line of random vectors fills only few of its dimensions.

    Parameters
    ----------
    random : mapping of int to float
        Relative contrast of random vectors by dimension, see `core.geometry.measure_random_contrast`.
    numbers : mapping of str to int
        Dimensions of each input, "pixels" and "embedding".
    contrast : mapping of str to float
        Relative contrast of each input.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    dims = sorted(random)
    figure.add_scatter(
        x=dims,
        y=[random[dim] for dim in dims],
        mode="lines+markers",
        line={"color": GRAY, "width": 2},
        name="random vectors",
        hovertemplate="random, %{x} dimensions: %{y:.2g}<extra></extra>",
    )
    for which, value in contrast.items():
        figure.add_scatter(
            x=[numbers[which]],
            y=[value],
            mode="markers",
            marker={"color": _COLORS[which], "size": 14, "symbol": "diamond"},
            name=NAMES[which],
            hovertemplate=f"{NAMES[which]}, %{{x}} numbers: %{{y:.2f}}<extra></extra>",
        )
    shown = [dim for dim in dims if (math.log2(dim) % 2 == 1 and 2 * dim < dims[-1]) or dim == dims[-1]]
    figure.update_layout(
        **_layout("Relative contrast: farthest against nearest", 340),
        xaxis={
            "type": "log",
            "tickvals": shown,
            "ticktext": [f"{dim:,}" for dim in shown],
            "tickangle": 0,
            "title": {"text": "numbers in a vector"},
            **STILL,
        },
        yaxis={"type": "log", "dtick": 1, "tickformat": "~g", "title": {"text": "relative contrast"}, **STILL},
    )
    return figure


def input_curves(curves: Mapping[Input, InputCurve]) -> go.Figure:
    """Accuracy of a linear classifier against labeled pictures per class, on raw pixels and on embeddings.

    Parameters
    ----------
    curves : mapping of str to InputCurve
        For "pixels" and "embedding", see `core.geometry.measure_input_curve`.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    shots = sorted({count for curve in curves.values() for count in curve.accuracy})
    for which, curve in curves.items():
        figure.add_scatter(
            x=shots,
            y=[curve.accuracy[count] for count in shots],
            mode="lines+markers",
            line={"color": _COLORS[which], "width": 2},
            name=NAMES[which],
            hovertemplate=f"{NAMES[which]}, %{{x}} per class: %{{y:.2f}}<extra></extra>",
        )
    classes = next(iter(curves.values())).classes
    figure.add_hline(
        y=1 / classes, line={"color": GRAY, "width": 1, "dash": "dot"}, annotation_text="chance",
        annotation_font={"size": 10, "color": GRAY}, annotation_position="bottom right",
    )  # fmt: skip
    figure.update_layout(
        **_layout(f"Linear classifier of {classes} classes", 360),
        xaxis={"type": "log", "tickvals": shots, "title": {"text": "labeled pictures per class"}, **STILL},
        yaxis={"range": [0, 1.03], "title": {"text": "accuracy on held-out pictures"}, "tickformat": ".1f", **STILL},
    )
    return figure


def _layout(title: str, height: int) -> dict[str, Any]:
    return {
        "title": title_style(title, size=13, y=0.98),
        "height": height,
        "margin": {"l": 0, "r": 8, "t": 36, "b": 0},
        "dragmode": False,
        "legend": {"orientation": "h", "y": -0.24},
    }
