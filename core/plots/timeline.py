"""Plotly figures of a video's score over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.plots.style import AMBER, GRAY, TEAL, title_style
from core.utils.timecode import format_timecode

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.search.moments import Curve, Moment

_SHADE = {True: "rgba(44, 133, 124, 0.26)", False: "rgba(138, 147, 147, 0.20)"}  # certain moments, the others
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_MOST_DRAWN = 1_200
_CLICKABLE = 300


def get_score_range(curves: Sequence[Curve]) -> tuple[float, float]:
    """Lowest and highest score of several videos, so that their timelines share one scale.

    Parameters
    ----------
    curves : sequence of Curve

    Returns
    -------
    (float, float)
        Thresholds are included.
    """
    lows = [min(float(curve.scores.min()), curve.threshold) for curve in curves]
    highs = [max(float(curve.scores.max()), curve.threshold) for curve in curves]
    return min(lows), max(highs)


def timeline(
    curve: Curve,
    moments: Sequence[Moment],
    *,
    duration_s: float,
    title: str,
    scores: tuple[float, float] | None = None,
) -> go.Figure:
    """Score of one video over time, with its moments shaded, the peak of the best one marked, and the threshold.

    Stretches without frames are gaps. A long video is drawn by the highest score in each of 1,200 steps.

    Parameters
    ----------
    curve : Curve
        See `core.search.Curve`.
    moments : sequence of Moment
        Best first.
    duration_s : float
        Length of the video, in seconds.
    title : str
    scores : (float, float), optional
        Range of the vertical axis, see `get_score_range`; default: that of this video.

    Returns
    -------
    plotly.graph_objects.Figure
        A click selects a point of the last trace; its `x` is the second.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for values, style, name in (
        (curve.scores, {"color": GRAY, "width": 1}, "frames"),
        (curve.smooth, {"color": TEAL, "width": 2}, "smoothed"),
    ):
        x, y = outline(curve.start_s, curve.end_s, values)
        figure.add_scatter(x=x, y=y, mode="lines", line=style, name=name, hoverinfo="skip")
    for moment in moments:
        figure.add_vrect(
            x0=moment.start_s, x1=moment.end_s, fillcolor=_SHADE[moment.is_certain], line_width=0, layer="below"
        )
    figure.add_hline(y=curve.threshold, line={"color": AMBER, "width": 1, "dash": "dot"})
    if moments:
        peak = {"symbol": "diamond", "size": 9, "color": AMBER}
        peak_s = moments[0].peak_s
        height = [float(curve.scores[curve.at(peak_s)])]
        figure.add_scatter(x=[peak_s], y=height, mode="markers", marker=peak, name="peak", hoverinfo="skip")
    figure.add_scatter(**_clickable(curve, duration_s))
    _set_layout(figure, duration_s, scores or get_score_range([curve]), title)
    return figure


def outline(
    start_s: NDArray[np.floating], end_s: NDArray[np.floating], values: NDArray[np.floating], *, most: int = _MOST_DRAWN
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Steps as the points of a line; each row is flat from its start to its end.

    Parameters
    ----------
    start_s, end_s, values : (n,) float
        Seconds, and the value between them.
    most : int
        Most steps; beyond, each step has the highest value of its rows.

    Returns
    -------
    x, y : (2 * steps,) float32
        Seconds and values.
    """
    if len(values) > most:
        stretch = (np.arange(len(values)) * most) // len(values)
        first = np.searchsorted(stretch, np.arange(most))
        values, start_s = np.maximum.reduceat(values, first), start_s[first]
        end_s = end_s[np.append(first[1:], len(end_s)) - 1]
    x, y = np.stack([start_s, end_s], 1).ravel(), np.repeat(values, 2)
    return np.round(x, 2).astype(np.float32), np.round(y, 4).astype(np.float32)


def _clickable(curve: Curve, duration_s: float) -> dict[str, Any]:
    """Invisible points along the curve, for the pointer and for clicks."""
    count = max(2, min(_CLICKABLE, int(duration_s * 4)))
    seconds = np.round((np.arange(count) + 0.5) * duration_s / count, 2)
    rows = np.clip(np.searchsorted(curve.start_s, seconds, "right") - 1, 0, len(curve.start_s) - 1)
    unseen = {"marker": {"opacity": 0}}
    return {
        "x": seconds,
        "y": np.round(curve.smooth[rows], 4),
        "customdata": [format_timecode(second, within=duration_s) for second in seconds],
        "mode": "markers",
        "marker": {"size": 6, "color": TEAL, "opacity": 0},
        "selected": unseen,
        "unselected": unseen,
        "name": "seek",
        "hovertemplate": f"%{{customdata}} · {curve.measure} %{{y:.2f}}<extra></extra>",
    }


def _set_layout(figure: go.Figure, duration_s: float, scores: tuple[float, float], title: str) -> None:
    step = next((step for step in _STEPS_S if duration_s / step <= 8), _STEPS_S[-1])
    ticks = np.arange(0, duration_s + 1e-6, step)
    low, high = scores
    margin = 0.12 * max(0.02, high - low)
    figure.update_layout(
        title=title_style(title, size=12, y=0.97),
        height=170,
        margin={"l": 0, "r": 0, "t": 26, "b": 36},
        showlegend=False,
        hovermode="x",
        hoverdistance=-1,
        dragmode=False,
        xaxis={
            "range": [0, duration_s],
            "tickvals": ticks,
            "ticktext": [format_timecode(tick) for tick in ticks],
            "title": {"text": "time (m:ss)", "standoff": 2, "font": {"size": 11}},
            "automargin": False,
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "range": [low - margin, high + margin],
            "title": {"text": ""},
            "automargin": False,
            "ticklabelposition": "inside top",
            "ticklabelstandoff": 0,
            "tickprefix": "\u2007",
            "tickformat": ".2f",
            "nticks": 4,
            "fixedrange": True,
            "zeroline": False,
        },
    )
