"""Colors and layout that all figures share; the colors are readable on light and dark pages."""

from __future__ import annotations

from typing import Any

TEAL, AMBER, GRAY, PURPLE, BLUE = "#2C857C", "#D08A1D", "#8A9393", "#A8689A", "#4A86B5"
SCALE = [[0.0, "rgba(44, 133, 124, 0.03)"], [1.0, "rgba(44, 133, 124, 1)"]]
STILL = {"fixedrange": True, "zeroline": False}

STILL_PLOT = {"dragmode": False, "hovermode": "closest"}
PER_CENT = {"ticksuffix": " %", "rangemode": "tozero"}  # of an axis of percentages


def title_style(text: str, *, size: int = 14, y: float | None = None) -> dict[str, Any]:
    """A title at the left edge. size: pixels; y: position in the figure, 0 to 1."""
    style = {"text": text, "font": {"size": size, "weight": "normal"}, "x": 0, "xref": "container"}
    return style if y is None else {**style, "y": y}


def titled(text: str, *, height: int) -> dict[str, Any]:
    """The layout of a figure with a title. height: pixels."""
    return {"title": title_style(text), "height": height, "margin": {"l": 0, "r": 8, "t": 40, "b": 0}}
