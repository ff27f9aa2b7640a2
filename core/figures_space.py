"""Plotly figures of distances, and of the gap between words and pictures.

They hold no theme, as those of `core.figures`. Names come from anybody: what plotly would read as markup is written
out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.figures_classes import AMBER, STILL, TEAL, shorten_label
from core.geometry.distance import Distance, PairCosines, PairKind
from core.geometry.modality_gap import ClosedGap

if TYPE_CHECKING:
    import plotly.graph_objects as go

PURPLE = "#A8689A"
_COLORS = {"pictures": TEAL, "word and picture": AMBER, "words": PURPLE}
PAIR_NAMES: dict[PairKind, str] = {
    "pictures": "two pictures",
    "word and picture": "a phrase and a picture",
    "words": "two phrases",
}
_OPAQUE = [[0.0, "#E3EDEA"], [1.0, TEAL]]  # so that numbers are chosen to be readable on it in either theme
_BINS = 60
STILL_PLOT = {"dragmode": False, "hovermode": "closest"}
PER_CENT = {"ticksuffix": " %", "rangemode": "tozero"}  # of an axis of shares, 0 to 100


def pair_histogram(usual: PairCosines, distance: Distance | None = None, *, title: str) -> go.Figure:
    """How alike two things usually are, for each kind of pair; the line is the cosine of one pair."""
    import plotly.graph_objects as go

    figure = go.Figure()
    filled = {kind: cosines for kind, cosines in usual.by_kind.items() if len(cosines)}
    ends = [
        float(np.min([entry[0] for entry in filled.values()])),
        float(np.max([entry[-1] for entry in filled.values()])),
    ]
    if distance is not None:
        ends = [min(ends[0], distance.cosine), max(ends[1], distance.cosine)]
    edges = np.linspace(ends[0] - 0.01, ends[1] + 0.01, _BINS + 1)
    for kind, cosines in filled.items():
        share = 100 * np.histogram(cosines, edges)[0] / len(cosines)
        figure.add_scatter(
            x=(edges[1:] + edges[:-1]) / 2,
            y=share,
            mode="lines",
            line={"color": _COLORS[kind], "width": 2, "shape": "hvh"},
            fill="tozeroy",
            opacity=1.0 if distance is None or distance.kind == kind else 0.45,
            name=PAIR_NAMES[kind],
            hovertemplate=f"{PAIR_NAMES[kind]}: %{{y:.1f}} % of the pairs near %{{x:.2f}}<extra></extra>",
        )
    if distance is not None:
        figure.add_vline(
            x=distance.cosine,
            line={"color": _COLORS[distance.kind], "width": 3},
            annotation={"text": f"this pair: {distance.cosine:z.2f}", "font": {"size": 12}},
        )
    figure.update_layout(
        **titled(title, height=340),
        **STILL_PLOT,
        legend={"orientation": "h", "y": -0.3},
        xaxis={"title": {"text": "cosine, -1 to 1"}, "range": [edges[0], edges[-1]], **STILL},
        yaxis={"title": {"text": "share of the pairs"}, **PER_CENT, **STILL},
    )
    return figure


def cosine_grid(letters: str, names: Sequence[str], cosines: NDArray[np.floating]) -> go.Figure:
    """The table of cosines of a few things, each with each; letters: one for each, what columns are called."""
    import plotly.graph_objects as go

    places = list(range(len(names)))
    figure = go.Figure()
    off = cosines[~np.eye(len(names), dtype=bool)]
    figure.add_heatmap(
        x=places,
        y=places,
        z=np.where(np.eye(len(names), dtype=bool), np.nan, cosines),
        zmin=float(off.min()) - 0.02,
        zmax=float(off.max()) + 0.3 * float(np.ptp(off)) + 0.02,
        colorscale=_OPAQUE,
        showscale=False,
        text=[[f"{value:z.2f}" for value in row] for row in cosines],
        texttemplate="%{text}",
        hoverinfo="skip",
        xgap=2,
        ygap=2,
    )
    rows = [f"{shorten_label(name, 18)}  {letter}" for name, letter in zip(names, letters, strict=True)]
    ticks = {"tickvals": places, "showgrid": False, **STILL}
    figure.update_layout(
        **titled("Cosine of each with each", height=110 + 44 * len(names)),
        **STILL_PLOT,
        xaxis={"automargin": True, "ticktext": list(letters), **ticks},
        yaxis={"automargin": True, "autorange": "reversed", "ticktext": rows, **ticks},
    )
    return figure


def closing_lines(steps: Sequence[ClosedGap]) -> go.Figure:
    """What closing the gap does to the finding of pictures by their captions."""
    import plotly.graph_objects as go

    figure = go.Figure()
    lines = (
        ("first", AMBER, [step.recall_1 for step in steps]),
        ("first ten", TEAL, [step.recall_10 for step in steps]),
    )
    for name, color, values in lines:
        figure.add_scatter(
            x=[100 * step.share for step in steps],
            y=[None if value is None else 100 * value for value in values],
            mode="lines+markers",
            line={"color": color, "width": 2},
            name=f"own picture {name if name == 'first' else 'among the ' + name}",
            hovertemplate="%{x:.0f} % closed: %{y:.1f} %<extra></extra>",
        )
    figure.update_layout(
        **titled("Captions that find their own picture", height=320),
        **STILL_PLOT,
        legend={"orientation": "h", "y": -0.3},
        xaxis={"title": {"text": "share of the gap that is closed"}, "ticksuffix": " %", **STILL},
        yaxis={"title": {"text": "share of the captions"}, **PER_CENT, **STILL},
    )
    return figure


def titled(text: str, *, height: int) -> dict[str, Any]:
    """The layout of a figure with a title. height: pixels."""
    return {
        "title": {"text": text, "font": {"size": 14, "weight": "normal"}, "x": 0, "xref": "container"},
        "height": height,
        "margin": {"l": 0, "r": 8, "t": 40, "b": 0},
    }
