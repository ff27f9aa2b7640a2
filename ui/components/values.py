"""What components send, as the type that it should have: a program may send anything in place of a browser."""

from __future__ import annotations

import math
from typing import Any


def as_text(value: object) -> str:
    """A text; "" for anything else."""
    return value if isinstance(value, str) else ""


def as_list(value: object) -> list[Any]:
    """A list; empty for anything else."""
    return value if isinstance(value, list) else []


def as_texts(value: object) -> list[str]:
    """The texts in a list."""
    return [entry for entry in as_list(value) if isinstance(entry, str)]


def as_dict(value: object) -> dict[str, Any]:
    """A dictionary; empty for anything else."""
    return value if isinstance(value, dict) else {}


def as_points(value: object) -> list[list[float]]:
    """The points (x, y) of a line with finite numbers; none if one is none."""
    points = [entry for entry in as_list(value) if isinstance(entry, list) and len(entry) == 2]
    numbers = [number for entry in points for number in entry]
    is_whole = all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
    return points if is_whole and len(points) == len(as_list(value)) else []
