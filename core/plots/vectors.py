"""Plotly figures of one vector: its numbers, what a dimension responds to, word effects, and saliency.

User text is escaped: plotly never reads markup in it.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Part
from core.plots.classes import shorten_label
from core.plots.style import AMBER, GRAY, STILL, TEAL, title_style

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.geometry.attribution import Response, WordStep
    from core.geometry.saliency import Saliency

_BINS = 40
_HEAT = [[0.0, "rgba(208, 138, 29, 0)"], [0.35, "rgba(224, 120, 30, 0.28)"], [1.0, "rgba(214, 40, 30, 0.82)"]]
_UNSEEN = "rgba(70, 78, 82, 0.78)"
_TALLEST = 560


def response_histogram(response: Response, *, title: str, noun: str) -> go.Figure:
    """Histogram of a library's values along a direction.

    Parameters
    ----------
    response : Response
        See `core.geometry.compute_response`.
    title : str
    noun : str
        What is counted, in the plural.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    counts, edges = np.histogram(response.values, bins=_BINS)
    figure = go.Figure()
    figure.add_bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=counts,
        width=edges[1:] - edges[:-1],
        marker={"color": TEAL, "line": {"width": 0}},
        customdata=np.stack([edges[:-1], edges[1:]], axis=1),
        hovertemplate="%{customdata[0]:.3f} to %{customdata[1]:.3f}: %{y}<extra></extra>",
    )
    figure.update_layout(
        **_frame(title, 260),
        bargap=0.02,
        xaxis={"title": {"text": "value (no unit)"}, **STILL},
        yaxis={"title": {"text": f"{noun} (count)"}, **STILL},
    )
    return figure


def variance_shares(shares: NDArray[np.floating], chosen: int) -> go.Figure:
    """Cumulative share of the variance over principal components.

    Parameters
    ----------
    shares : (components,) float
        Share of each component, 0 to 1, largest first.
    chosen : int
        Component to mark, from 0.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    places = np.arange(1, len(shares) + 1)
    sums = 100 * np.cumsum(shares)
    figure = go.Figure()
    figure.add_scatter(
        x=places,
        y=sums,
        mode="lines",
        line={"color": TEAL, "width": 2},
        customdata=100 * shares,
        hovertemplate="the first %{x}: %{y:.1f} %; component %{x} alone: %{customdata:.2f} %<extra></extra>",
    )
    figure.add_scatter(
        x=[chosen + 1], y=[sums[chosen]], mode="markers", marker={"color": AMBER, "size": 10}, hoverinfo="skip"
    )
    figure.update_layout(
        **_frame("Variance explained by the first components", 260),
        xaxis={"title": {"text": "principal components (count)"}, "rangemode": "tozero", **STILL},
        yaxis={"title": {"text": "share of variance"}, "ticksuffix": " %", "range": [0, 104], **STILL},
    )
    return figure


def vector_numbers(rows: Sequence[tuple[str, NDArray[np.floating]]], parts: Sequence[Part]) -> go.Figure:
    """The numbers of vectors as bars, one chart below the other, with dotted lines between the parts of the vector.

    Parameters
    ----------
    rows : sequence of (str, (dim,) float)
        Title and numbers of each vector; long titles are cut.
    parts : sequence of Part
        See `core.geometry.get_encoder_parts`.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=len(rows),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.16 / len(rows),
        subplot_titles=[shorten_label(title, 70) for title, _ in rows],
    )
    for place, (_, numbers) in enumerate(rows, start=1):
        figure.add_bar(
            x=np.arange(len(numbers)),
            y=numbers,
            marker={"color": np.where(numbers >= 0, TEAL, AMBER), "line": {"width": 0}},
            hovertemplate="dimension %{x}: %{y:.4f}<extra></extra>",
            row=place,
            col=1,
        )
        figure.update_yaxes(title={"text": "value"}, **STILL, row=place, col=1)
    for part in parts[1:]:
        figure.add_vline(x=part.start - 0.5, line={"color": GRAY, "width": 1, "dash": "dot"})
    figure.update_annotations(font={"size": 13}, x=0, xanchor="left")
    figure.update_xaxes(**STILL)
    figure.update_xaxes(title={"text": "dimension (from 0)"}, row=len(rows), col=1)
    figure.update_layout(**_frame("", 60 + 165 * len(rows)), bargap=0)
    return figure


def word_chart(steps: Sequence[WordStep]) -> go.Figure:
    """How each word changes a query: cosine with the whole query after each word, and the angles that each word causes.

    Parameters
    ----------
    steps : sequence of WordStep
        See `core.geometry.measure_word_effects`.

    Returns
    -------
    plotly.graph_objects.Figure
        Angles in degrees.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12)
    x, names = list(range(len(steps))), [shorten_label(step.word, 16) for step in steps]
    texts = [html.escape(step.text) for step in steps]
    figure.add_scatter(
        x=x,
        y=[step.to_whole for step in steps],
        mode="lines+markers",
        line={"color": TEAL, "width": 2},
        customdata=texts,
        hovertemplate="“%{customdata}”: %{y:.3f}<extra></extra>",
        showlegend=False,
    )
    for name, values, color in (
        ("change when the word is added", [step.turned for step in steps], TEAL),
        ("change when it is left out", [step.missed for step in steps], AMBER),
    ):
        figure.add_bar(
            x=x, y=values, name=name, marker={"color": color}, hovertemplate="%{y:.1f}°<extra></extra>", row=2, col=1
        )
    figure.update_yaxes(title={"text": "cosine with the whole query"}, **STILL, row=1, col=1)
    figure.update_yaxes(title={"text": "angle (degrees)"}, **STILL, row=2, col=1)
    figure.update_xaxes(tickvals=x, ticktext=names, **STILL)
    figure.update_layout(**_frame("The query, word by word", 460, legend=True))
    return figure


def saliency_map(heat: Saliency, *, title: str) -> go.Figure:
    """Heat map over a picture: red where the query matches, gray where the encoder does not look.

    Parameters
    ----------
    heat : Saliency
        See `core.geometry.compute_saliency`.
    title : str

    Returns
    -------
    plotly.graph_objects.Figure
        The pointer shows the value of each part.
    """
    import plotly.graph_objects as go

    rows, columns = heat.values.shape
    is_alone = heat.way == "alone"
    low = float(heat.values.min()) if is_alone else 0.0
    figure = go.Figure()
    figure.add_layout_image(
        source=heat.picture, x=-0.5, y=-0.5, sizex=columns, sizey=rows, xref="x", yref="y", sizing="stretch",
        layer="below",
    )  # fmt: skip
    figure.add_heatmap(
        z=np.where(heat.looked_at, heat.values, np.nan),
        zmin=low,
        zmax=max(float(heat.values.max()), low + 0.01),
        colorscale=_HEAT,
        hoverongaps=False,
        colorbar={"title": {"text": "cosine" if is_alone else "drop of<br>the cosine"}, "thickness": 12, "len": 0.7},
        hovertemplate=("shown alone: cosine" if is_alone else "covered: the cosine drops by")
        + " %{z:.3f}<extra></extra>",
    )
    figure.add_heatmap(
        z=np.where(heat.looked_at, np.nan, 0.0),
        colorscale=[[0.0, _UNSEEN], [1.0, _UNSEEN]],
        showscale=False,
        hoverongaps=False,
        hovertemplate="the encoder does not look here<extra></extra>",
    )
    axis: dict[str, Any] = {"visible": False, **STILL}
    figure.update_layout(
        **_frame(title, _TALLEST),
        xaxis={"range": [-0.5, columns - 0.5], "constrain": "domain", **axis},
        yaxis={
            "range": [rows - 0.5, -0.5],
            "scaleanchor": "x",
            "scaleratio": (heat.picture.height / rows) / (heat.picture.width / columns),
            "constrain": "domain",
            **axis,
        },
    )
    return figure


def _frame(title: str, height: int, *, legend: bool = False) -> dict[str, Any]:
    return {
        "title": title_style(shorten_label(title, 90)),
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 40 if title else 24, "b": 0},
        "showlegend": legend,
        "legend": {"orientation": "h", "y": -0.16},
        "dragmode": False,
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
    }
