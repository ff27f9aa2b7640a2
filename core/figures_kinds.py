"""The plotly figure of words, pictures and videos in one space. As in `core.figures_space`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.figures_classes import AMBER, TEAL, shorten_label
from core.figures_space import PURPLE, titled

if TYPE_CHECKING:
    import plotly.graph_objects as go

_KINDS = {
    "text": ("words", "diamond", AMBER),
    "image": ("pictures", "circle", TEAL),
    "video": ("videos", "square", PURPLE),
    "frame": ("frames of videos", "cross", "#4A86B5"),
}
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
    for kind, (said, symbol, color) in sorted(_KINDS.items(), key=lambda value: value[0] == "text"):
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
