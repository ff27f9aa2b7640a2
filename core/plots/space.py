"""The plotly figure of words, pictures and videos in one space. As in `core.plots.space`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.plots.classes import shorten_label
from core.plots.style import AMBER, PURPLE, TEAL, titled

if TYPE_CHECKING:
    import plotly.graph_objects as go
from typing import TYPE_CHECKING

from core.geometry.distance import Distance, PairCosines, PairKind
from core.geometry.modality_gap import ClosedGap
from core.media.modalities import get_modality
from core.plots.style import PER_CENT, STILL, STILL_PLOT

_KINDS = {
    "text": ("words", "diamond", AMBER),
    "image": ("pictures", "circle", TEAL),
    "video": ("videos", "square", PURPLE),
    "frame": ("frames of videos", "cross", "#4A86B5"),
}
_OTHER = ("triangle-up", "#8A8F3C")  # kinds that other packages add, and their parts
_NAMED = 28  # words that stand beside their points, where they do not cover one another
_MANY = 400  # points of a kind, beyond which they are drawn faint, so that words can be read among them
_PLANE = (760, 430)  # pixels that the plane is about wide and high, with letters of about 7 x 16
_LETTER, _LINE = 7.0, 16.0
_ASIDE = {"top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0)}


def kinds_plane(places: NDArray[np.floating], kinds: Sequence[str], names: Sequence[str], *, title: str) -> go.Figure:
    """Words, pictures, videos and frames in the plane, each kind with a symbol and colour of its own.

    A click selects a point, whose customdata is its number.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    drawn = _KINDS | {kind: (get_modality(kind).plural, *_OTHER) for kind in sorted({*kinds} - {*_KINDS})}
    for kind, (said, symbol, color) in sorted(drawn.items(), key=lambda value: value[0] == "text"):
        rows = np.array([row for row, entry in enumerate(kinds) if entry == kind], np.int64)
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
            name=f"{said} ({len(rows):,})",
            hovertemplate="%{text}<extra></extra>",
        )
        if kind == "text" and len(rows) <= _NAMED:
            sides = _place_beside(places, rows, texts)
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


def _place_beside(places: NDArray[np.floating], rows: NDArray[np.int64], texts: Sequence[str]) -> list[str]:
    """Where each text may stand beside its point, so that no two cover one another; "" where there is no room."""
    low, wide = places[:, :2].min(axis=0), np.maximum(np.ptp(places[:, :2], axis=0), 1e-9)
    points = (places[rows, :2] - low) / wide * _PLANE
    taken = [np.array([*point - 5, *point + 5]) for point in points]
    found = []
    for number, (point, text) in enumerate(zip(points, texts, strict=True)):
        half = np.array([len(text) * _LETTER, _LINE]) / 2
        boxes = {side: point + np.multiply(way, half + 6) for side, way in _ASIDE.items()}
        rest = [box for place, box in enumerate(taken) if place != number]
        side = next((side for side, middle in boxes.items() if _is_free(middle, half, rest)), "")
        if side:
            taken.append(np.array([*boxes[side] - half, *boxes[side] + half]))
        found.append(side)
    return found


def _is_free(middle: NDArray[np.floating], half: NDArray[np.floating], rest: Sequence[NDArray[np.floating]]) -> bool:
    return not any((np.abs(middle - (box[:2] + box[2:]) / 2) < half + (box[2:] - box[:2]) / 2).all() for box in rest)


_COLORS = {"pictures": TEAL, "word and picture": AMBER, "words": PURPLE}
PAIR_NAMES: dict[PairKind, str] = {
    "pictures": "two pictures",
    "word and picture": "a phrase and a picture",
    "words": "two phrases",
}
_OPAQUE = [[0.0, "#E3EDEA"], [1.0, TEAL]]  # so that numbers are chosen to be readable on it in either theme
_BINS = 60


def pair_histogram(usual: PairCosines, distance: Distance | None = None, *, title: str) -> go.Figure:
    """Distribution of cosines for each kind of pair; the line is the cosine of one pair."""
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
        yaxis={"title": {"text": "share of pairs"}, **PER_CENT, **STILL},
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
    """How closing the modality gap changes the search of pictures by their captions."""
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
