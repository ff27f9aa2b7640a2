"""Colors and layout that all figures share; the colors are readable on light and dark pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


TEAL, AMBER, GRAY = "#2C857C", "#D08A1D", "#8A9393"
SCALE = [[0.0, "rgba(44, 133, 124, 0.03)"], [1.0, "rgba(44, 133, 124, 1)"]]
STILL = {"fixedrange": True, "zeroline": False}

PURPLE = "#A8689A"
STILL_PLOT = {"dragmode": False, "hovermode": "closest"}
PER_CENT = {"ticksuffix": " %", "rangemode": "tozero"}  # of an axis of shares, 0 to 100


def titled(text: str, *, height: int) -> dict[str, Any]:
    """The layout of a figure with a title. height: pixels."""
    return {
        "title": {"text": text, "font": {"size": 14, "weight": "normal"}, "x": 0, "xref": "container"},
        "height": height,
        "margin": {"l": 0, "r": 8, "t": 40, "b": 0},
    }
