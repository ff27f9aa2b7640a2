"""A Plotly figure of the numbers that a head predicts. As in `core.figures_classes`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.figures_classes import STILL, TEAL, shorten_label

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_BINS = 40  # reached at 8,000 items: Rice's rule, whose number does not grow with a value far from the others


def value_histogram(values: Sequence[float], *, name: str, noun: str) -> go.Figure:
    """How many items have which number. name: of the number; noun: what the items are, in the plural."""
    import plotly.graph_objects as go

    # narrower bins than doubles can tell apart are refused, where all values are as good as one
    flat = np.ptp(values) <= 1e-6 * np.abs(values).max()
    bins = 1 if flat else min(_MOST_BINS, math.ceil(2 * len(values) ** (1 / 3)))
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
