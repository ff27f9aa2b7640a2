"""Colors of points, by name or by value. They can be distinguished on light and dark pages."""

from __future__ import annotations

import colorsys
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.library.filters import item_dates
from core.library.points import Points
from core.library.schema import Label

Colors = NDArray[np.uint8]

NEUTRAL = "#8A9393"  # no name or no value
_PALETTE = (
    "#2C9085", "#D98A1D", "#7D63B8", "#CB5840", "#3D80BC", "#7C972C", "#C4589D", "#94744B",
    "#3BA555", "#6272E0", "#B43C52", "#2BA6C6", "#AB9B22", "#A453C9", "#E07F60", "#5C9179",
)  # fmt: skip
_RAMP = ("#6B7A99", "#2F9A8C", "#E39A1C")
_STEPS = 64


@dataclass(frozen=True, slots=True)
class Group:
    """One entry of a legend: a name, its color (#rrggbb) and how many points have it."""

    name: str
    color: str
    count: int


@dataclass(frozen=True, slots=True)
class Ramp:
    """The legend of values: colors from low to high, and the meaning of the ends."""

    colors: tuple[str, ...]
    low: str
    high: str


@dataclass(frozen=True, eq=False)
class Coloring:
    """Colors of n points. rgb: (n, 3). groups: the legend of names, most frequent first. ramp: the legend of values."""

    rgb: Colors
    groups: tuple[Group, ...] = ()
    ramp: Ramp | None = None


def color_by_name(names: Sequence[str | None], *, order: Sequence[str] = (), nameless: str = "none") -> Coloring:
    """One color for each name. order: names that come first; the others follow by frequency. None is gray and comes
    last, as `nameless`."""
    found, places, counts = np.unique([entry or "" for entry in names], return_inverse=True, return_counts=True)
    size = {str(name): int(count) for name, count in zip(found, counts, strict=True)}
    first = [name for name in dict.fromkeys(order) if size.get(name)]
    rest = sorted((name for name in size if name and name not in first), key=lambda name: -size[name])
    colors = {name: get_color(number) for number, name in enumerate([*first, *rest])}
    groups = [Group(name, color, size[name]) for name, color in colors.items()]
    if "" in size:
        groups.append(Group(nameless, NEUTRAL, size[""]))
    palette = np.array([_rgb(colors.get(str(name), NEUTRAL)) for name in found], np.uint8)
    return Coloring(palette[places], tuple(groups))


def color_by_value(values: NDArray[np.floating], *, low: str, high: str) -> Coloring:
    """A color by the position of each value between the least and the greatest; NaN is gray. low, high: their names."""
    known = np.isfinite(values)
    rgb = np.tile(np.array(_rgb(NEUTRAL), np.uint8), (len(values), 1))
    if known.any():
        least, most = float(values[known].min()), float(values[known].max())
        share = (values[known] - least) / max(most - least, 1e-12)
        rgb[known] = _ramp(_STEPS)[np.round(share * (_STEPS - 1)).astype(int)]
    return Coloring(rgb, ramp=Ramp(_RAMP, low, high))


def get_color(number: int) -> str:
    """The color (#rrggbb) of the n-th group: from a palette, then around the circle of hues."""
    if number < len(_PALETTE):
        return _PALETTE[number]
    lightness = 0.45 + 0.06 * (number % 3)
    parts = colorsys.hls_to_rgb((number * 0.618034) % 1.0, lightness, 0.5)
    return "#" + "".join(f"{round(255 * part):02X}" for part in parts)


def _ramp(steps: int) -> Colors:
    stops = np.array([_rgb(color) for color in _RAMP], float)
    at = np.linspace(0, 1, steps)
    parts = [np.interp(at, np.linspace(0, 1, len(stops)), stops[:, part]) for part in range(3)]
    return np.stack(parts, axis=1).round().astype(np.uint8)


def _rgb(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:]))


def color_by_kind(points: Points) -> Coloring:
    """By kind: pictures, videos, frames of videos, texts."""
    return color_by_name(points.kinds)


def color_by_folder(points: Points) -> Coloring:
    """By folder, relative to the common parent."""
    folders = [os.path.dirname(str(path)) if path else "" for path in points.column("path")]
    held = [folder for folder in folders if folder]
    root = os.path.commonpath(held) if held else ""
    names = [os.path.relpath(folder, root) if folder else None for folder in folders]
    return color_by_name([os.path.basename(root) or root if name == "." else name for name in names], nameless="texts")


def color_by_label(points: Points, labels: Sequence[Label]) -> Coloring:
    """By label; if an item has several, a person's comes before a model's."""
    said = {entry.item_id: entry.label for entry in sorted(labels, key=lambda value: value.by == "person")}
    ids = points.column("id")
    return color_by_name([said.get(str(entry)) for entry in ids], nameless="no label")


def color_by_date(points: Points) -> Coloring:
    """By the date when each was taken or, if unknown, when its file last changed."""
    own = points.item_rows >= 0
    seconds = np.full(len(points), np.nan)
    dates = item_dates(points.index.items)[points.item_rows[own]]
    seconds[own] = dates.astype("datetime64[s]").astype(np.int64)
    low, high = (
        (str(dates.min().astype("datetime64[D]")), str(dates.max().astype("datetime64[D]"))) if own.any() else ("", "")
    )
    return color_by_value(seconds, low=low, high=high)


def color_by_score(points: Points, query: NDArray[np.float32]) -> Coloring:
    """By the cosine of each picture or video with a query (dim,)."""
    scores = np.where(points.item_rows >= 0, points.vectors @ query, np.nan)
    known = scores[np.isfinite(scores)]
    low, high = (f"{known.min():.2f}", f"{known.max():.2f}") if len(known) else ("", "")
    return color_by_value(scores, low=low, high=high)
