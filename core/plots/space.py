"""Plotly figures of words, pictures and videos in one space: their map, their cosines, and the modality gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.geometry.distance import Distance, PairCosines, PairKind
from core.geometry.mixed_kinds import NearestCosines
from core.geometry.modality_gap import ClosedGap
from core.plots.classes import shorten_label
from core.plots.style import AMBER, BLUE, PER_CENT, PURPLE, STILL, STILL_PLOT, TEAL, titled

if TYPE_CHECKING:
    import plotly.graph_objects as go
from core.media.modalities import get_modality

_COLORS = {"pictures": TEAL, "word and picture": AMBER, "words": PURPLE}
PAIR_NAMES: dict[PairKind, str] = {
    "pictures": "two pictures",
    "word and picture": "a phrase and a picture",
    "words": "two phrases",
}
_OPAQUE = [[0.0, "#E3EDEA"], [1.0, TEAL]]  # plotly picks readable numbers on it, on light and on dark pages
_BINS = 60
_KINDS = {
    "text": ("words", "diamond", AMBER),
    "image": ("pictures", "circle", TEAL),
    "video": ("videos", "square", PURPLE),
    "frame": ("frames of videos", "cross", BLUE),
    "document": ("texts of the library", "star", "#C2577F"),
}
_OTHER = ("triangle-up", "#8A8F3C")  # kinds that other packages add, and their parts
_NAMED = 28  # most words with a label beside the point
_MANY = 400  # points of a kind; with more they are faint, so that words remain readable
_PLANE = (760, 430)  # approximate width and height of the plane, in pixels
_LETTER, _LINE = 7.0, 16.0  # approximate width and height of a letter, in pixels
_SIDES = {"top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0)}


def kinds_plane(places: NDArray[np.floating], kinds: Sequence[str], names: Sequence[str], *, title: str) -> go.Figure:
    """Words, pictures, videos and frames on a plane; each kind has its own symbol and color.

    Parameters
    ----------
    places : (n, 2) float
    kinds : sequence of {"text", "image", "video", "frame", "document"}
        Of the n points; "text" is a word.
    names : sequence of str
        Of the n points.
    title : str

    Returns
    -------
    plotly.graph_objects.Figure
        `customdata` of each point is its number, so that a click selects it.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    drawn = _KINDS | {kind: (get_modality(kind).plural, *_OTHER) for kind in sorted({*kinds} - {*_KINDS})}
    for kind, (noun, symbol, color) in sorted(drawn.items(), key=lambda item: item[0] == "text"):
        rows = np.array([row for row, row_kind in enumerate(kinds) if row_kind == kind], np.int64)
        if not len(rows):
            continue
        texts = [shorten_label(names[row], 60) for row in rows]
        figure.add_scatter(
            x=places[rows, 0],
            y=places[rows, 1],
            mode="markers",
            marker={
                "color": color,
                "symbol": symbol,
                "size": 10 if kind == "text" else 7,
                "opacity": 0.35 if len(rows) > _MANY else 0.75,
            },
            customdata=rows,
            text=texts,
            name=f"{noun} ({len(rows):,})",
            hovertemplate="%{text}<extra></extra>",
        )
        if kind == "text" and len(rows) <= _NAMED:
            sides = _choose_sides(places, rows, texts)
            figure.data[-1].update(
                mode="markers+text", textposition=[side or "top center" for side in sides], 
                textfont={"size": 12, "weight": 600, "shadow": "auto"},
                text=[text if side else "" for text, side in zip(texts, sides, strict=True)], hovertext=texts,
                hovertemplate="%{hovertext}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(
        **titled(title, height=560),
        dragmode="pan",
        hovermode="closest",
        legend={"orientation": "h", "y": -0.12},
        xaxis={"title": {"text": "first axis of the map (no unit)"}, "showticklabels": False, "zeroline": False},
        yaxis={"title": {"text": "second axis of the map (no unit)"}, "showticklabels": False, "zeroline": False},
    )
    return figure


def _choose_sides(places: NDArray[np.floating], rows: NDArray[np.int64], texts: Sequence[str]) -> list[str]:
    """The side of its point on which each label overlaps nothing; "" where there is no room."""
    low, extent = places[:, :2].min(axis=0), np.maximum(np.ptp(places[:, :2], axis=0), 1e-9)
    points = (places[rows, :2] - low) / extent * _PLANE
    boxes = [np.array([*point - 5, *point + 5]) for point in points]
    sides = []
    for number, (point, text) in enumerate(zip(points, texts, strict=True)):
        half = np.array([len(text) * _LETTER, _LINE]) / 2
        middles = {side: point + np.multiply(offset, half + 6) for side, offset in _SIDES.items()}
        others = boxes[:number] + boxes[number + 1 :]
        side = next((side for side, middle in middles.items() if _is_free(middle, half, others)), "")
        if side:
            boxes.append(np.array([*middles[side] - half, *middles[side] + half]))
        sides.append(side)
    return sides


def _is_free(middle: NDArray[np.floating], half: NDArray[np.floating], boxes: Sequence[NDArray[np.floating]]) -> bool:
    return not any((np.abs(middle - (box[:2] + box[2:]) / 2) < half + (box[2:] - box[:2]) / 2).all() for box in boxes)


def pair_histogram(usual: PairCosines, distance: Distance | None = None, *, title: str) -> go.Figure:
    """Distribution of cosines for each kind of pair. distance: one pair, drawn as a vertical line."""
    import plotly.graph_objects as go

    figure = go.Figure()
    filled = {kind: cosines for kind, cosines in usual.by_kind.items() if len(cosines)}
    ends = [end for cosines in filled.values() for end in (float(cosines[0]), float(cosines[-1]))]
    if distance is not None:
        ends.append(distance.cosine)
    edges = np.linspace(min(ends) - 0.01, max(ends) + 0.01, _BINS + 1)
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
        yaxis={"title": {"text": "share of pairs"}, **PER_CENT, **STILL},
    )
    return figure


def nearest_histogram(found: NearestCosines, *, title: str) -> go.Figure:
    """Distribution of the best cosine of phrases among texts and among pictures."""
    import plotly.graph_objects as go

    figure = go.Figure()
    kinds = {"the nearest picture": (found.pictures, AMBER), "the nearest text": (found.texts, PURPLE)}
    values = np.concatenate([cosines for cosines, _ in kinds.values()])
    edges = np.linspace(float(values.min()) - 0.01, float(values.max()) + 0.01, _BINS + 1)
    for name, (cosines, color) in kinds.items():
        figure.add_scatter(
            x=(edges[1:] + edges[:-1]) / 2,
            y=100 * np.histogram(cosines, edges)[0] / len(cosines),
            mode="lines",
            line={"color": color, "width": 2, "shape": "hvh"},
            fill="tozeroy",
            name=name,
            hovertemplate=f"{name}: %{{y:.1f}} % of the phrases near %{{x:.2f}}<extra></extra>",
        )
    figure.update_layout(
        **titled(title, height=340),
        **STILL_PLOT,
        legend={"orientation": "h", "y": -0.3},
        xaxis={"title": {"text": "cosine, -1 to 1"}, "range": [edges[0], edges[-1]], **STILL},
        yaxis={"title": {"text": "share of phrases"}, **PER_CENT, **STILL},
    )
    return figure


def cosine_grid(letters: str, names: Sequence[str], cosines: NDArray[np.floating]) -> go.Figure:
    """Table of cosines between a few items.

    Parameters
    ----------
    letters : str
        One letter per item, the names of the columns.
    names : sequence of str
        Of the n items.
    cosines : (n, n) float
        -1 to 1.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    places = list(range(len(names)))
    figure = go.Figure()
    diagonal = np.eye(len(names), dtype=bool)
    off = cosines[~diagonal]
    figure.add_heatmap(
        x=places,
        y=places,
        z=np.where(diagonal, np.nan, cosines),
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
        **titled("Pairwise cosines", height=110 + 44 * len(names)),
        **STILL_PLOT,
        xaxis={"automargin": True, "ticktext": list(letters), **ticks},
        yaxis={"automargin": True, "autorange": "reversed", "ticktext": rows, **ticks},
    )
    return figure


def closing_lines(steps: Sequence[ClosedGap]) -> go.Figure:
    """Recall of pictures by their captions while the modality gap is closed.

    Parameters
    ----------
    steps : sequence of ClosedGap
        See `core.geometry.measure_caption_closing`.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    lines = (
        ("own picture first", AMBER, [step.recall_1 for step in steps]),
        ("own picture among the first ten", TEAL, [step.recall_10 for step in steps]),
    )
    for name, color, values in lines:
        figure.add_scatter(
            x=[100 * step.share for step in steps],
            y=[None if value is None else 100 * value for value in values],
            mode="lines+markers",
            line={"color": color, "width": 2},
            name=name,
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
