"""Plotly figures of quality and cost against the number of dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from core.encoders.reduced import METHOD_NAMES, Method
from core.geometry.dimensions import VERTEX, DimensionPoint
from core.geometry.quantization import Precision
from core.plots.style import AMBER, BLUE, GRAY, PURPLE, STILL, TEAL, title_style

if TYPE_CHECKING:
    import plotly.graph_objects as go

Quantity = Literal["overlap", "recall", "accuracy", "bytes", "query_ms"]

AXES: dict[Quantity, str] = {
    "overlap": "share of nearest neighbors kept",
    "recall": "recall@10 of the captions",
    "accuracy": "zero-shot accuracy",
    "bytes": "bytes per vector",
    "query_ms": "milliseconds per query over 20,000 vectors",
}
_COLORS: dict[Method, str] = {"pca": TEAL, "random": AMBER, "truncate": PURPLE}
_DASHES: dict[Precision, str] = {"fp32": "solid", "fp16": "dash", "int8": "dashdot", "binary": "dot"}
_SHARES = ("overlap", "recall", "accuracy")
_PRECISION_COLORS: dict[Precision, str] = {"fp32": TEAL, "fp16": BLUE, "int8": AMBER, "binary": PURPLE}


def dimension_lines(
    points: Sequence[DimensionPoint], shown: Quantity, *, knee: DimensionPoint | None = None, title: str = ""
) -> go.Figure:
    """One quantity against the number of dimensions, on a logarithmic axis.

    Shares have a line per method and precision. Bytes and times do not depend on the method and have one per precision.
    Thin vertical lines mark the sizes of Vertex AI's multimodal embeddings, for comparison.

    Parameters
    ----------
    points : sequence of DimensionPoint
        See `core.geometry.measure_dimension_curve`.
    shown : {"overlap", "recall", "accuracy", "bytes", "query_ms"}
    knee : DimensionPoint, optional
        Marked on the line of its method.
    title : str

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for method, precision, line in _lines(points, shown):
        is_share = shown in _SHARES
        name = f"{METHOD_NAMES[method]}, {precision}" if is_share else precision
        figure.add_scatter(
            x=[point.dim for point in line],
            y=[getattr(point, shown) for point in line],
            mode="lines+markers",
            name=name,
            line={
                "color": _COLORS[method] if is_share else _PRECISION_COLORS[precision],
                "dash": _DASHES[precision] if is_share else "solid",
                "width": 2,
            },
            marker={"size": 6},
            hovertemplate=f"{name}, %{{x}} dimensions: %{{y:.3~g}}<extra></extra>",
        )
    if knee is not None and shown in _SHARES and getattr(knee, shown) is not None:
        figure.add_scatter(
            x=[knee.dim],
            y=[getattr(knee, shown)],
            mode="markers",
            name=f"knee: {knee.dim}",
            marker={"symbol": "diamond-open", "size": 16, "color": TEAL, "line": {"width": 2}},
            hovertemplate="knee of the neighbor curve: %{x} dimensions<extra></extra>",
        )
    _vertex_lines(figure)
    figure.update_layout(**_layout(points, shown, title))
    return figure


def _lines(points: Sequence[DimensionPoint], shown: Quantity) -> list[tuple[Method, Precision, list[DimensionPoint]]]:
    lines: dict[tuple[Method, Precision], list[DimensionPoint]] = {}
    for point in points:
        if shown in _SHARES or point.method == points[0].method:
            lines.setdefault((point.method, point.precision), []).append(point)
    return [(*kind, sorted(line, key=lambda point: point.dim)) for kind, line in lines.items()]


def _vertex_lines(figure: go.Figure) -> None:
    for dim in VERTEX:
        figure.add_vline(x=dim, line={"color": GRAY, "width": 1, "dash": "dot"}, opacity=0.7)
        figure.add_annotation(
            x=math.log10(dim), y=1, yref="paper", yanchor="bottom", text=str(dim), showarrow=False,
            font={"size": 10, "color": GRAY}, textangle=-60,
        )  # fmt: skip


def _layout(points: Sequence[DimensionPoint], shown: Quantity, title: str) -> dict[str, Any]:
    dims = sorted({point.dim for point in points})
    largest = max(*dims, *VERTEX)
    ticks = [dim for dim in dims if dim == dims[-1] or dim * 1.6 < dims[-1]]
    axis: dict[str, Any] = {"title": {"text": AXES[shown]}, **STILL}
    if shown in _SHARES:
        axis |= {"range": [0, 1.03], "tickformat": ".1f"}
    else:
        axis |= {"type": "log", "dtick": 1, "tickformat": "~s" if shown == "bytes" else "~g"}
    return {
        "title": title_style(title, size=13, y=0.98),
        "height": 440,
        "margin": {"l": 0, "r": 8, "t": 64, "b": 0},
        "dragmode": False,
        "hovermode": "closest",
        "legend": {"orientation": "h", "y": -0.2},
        "xaxis": {
            "type": "log",
            "range": [math.log10(min(dims) * 0.9), math.log10(largest * 1.12)],
            "tickvals": ticks,
            "ticktext": [str(dim) for dim in ticks],
            "title": {"text": "dimensions kept"},
            **STILL,
        },
        "yaxis": axis,
    }
