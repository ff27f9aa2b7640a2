"""Selections of points: the points inside a line drawn on a map, their summary, and their table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.library.filters import item_dates
from core.library.points import Points
from core.library.schema import Label
from core.search.images import Hit
from core.utils.tables import Redact, csv_text

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a selection.

    kinds, folders, labels: (name, count), most frequent first. first, last: the earliest and latest day of the items:
    when they were taken or, if unknown, their files last changed; None if there are only texts.
    """

    count: int
    items: int
    kinds: tuple[tuple[str, int], ...]
    folders: tuple[tuple[str, int], ...]
    labels: tuple[tuple[str, int], ...]
    first: date | None
    last: date | None


def thin_line(line: Sequence[Sequence[float]], most: int) -> list[Sequence[float]]:
    """At most so many corners of a line, evenly chosen: a line drawn by hand has far more than it needs."""
    if len(line) <= most:
        return list(line)
    return [line[round(number * len(line) / most)] for number in range(most)]


def find_inside(places: NDArray[np.float32], line: Sequence[Sequence[float]]) -> Numbers:
    """The numbers of the places (n, 2) inside a closed line of corners (x, y), by the even-odd rule.

    Raises DataError for fewer than three corners, or numbers that are not finite.
    """
    try:
        corners = np.asarray(line, float)
    except (TypeError, ValueError):
        corners = np.empty((0, 2))
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3 or not np.isfinite(corners).all():
        raise DataError("That line holds nothing: draw around some points.")
    nearest = np.flatnonzero(((places >= corners.min(axis=0)) & (places <= corners.max(axis=0))).all(axis=1))
    x, y = places[nearest, 0].astype(float), places[nearest, 1].astype(float)
    within = np.zeros(len(nearest), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 == y1:
            continue  # no ray to the right crosses a level edge
        crosses = ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        within ^= crosses
    return nearest[within]


def summarize_selection(points: Points, numbers: Numbers, labels: Sequence[Label]) -> Summary:
    """Counts of a selection. labels: of the library of the points; an item counts once for each of its labels."""
    kinds = np.array(points.kinds, object)[numbers]
    rows = np.unique(points.item_rows[numbers])
    rows = rows[rows >= 0]
    items = points.index.items.take(rows)
    chosen = set(items["id"].to_pylist())
    given = {(entry.item_id, entry.label) for entry in labels if entry.item_id in chosen}
    days = item_dates(items).astype("datetime64[D]")
    return Summary(
        count=len(numbers),
        items=len(rows),
        kinds=_count_names(kinds.tolist()),
        folders=_count_names(str(Path(path).parent) for path in items["path"].to_pylist()),
        labels=_count_names(label for _, label in given),
        first=days.min().item() if len(rows) else None,
        last=days.max().item() if len(rows) else None,
    )


def rank_selection(points: Points, numbers: Numbers, vector: NDArray[np.float32]) -> Numbers:
    """The pictures and videos of a selection, by their cosine with a vector (dim,), best first."""
    own = numbers[points.item_rows[numbers] >= 0]
    return own[np.argsort(-(points.vectors[own] @ vector), kind="stable")]


def select_whole_items(points: Points, numbers: Sequence[int] | Numbers) -> Numbers:
    """The first of these points of each item, in their order, without texts."""
    numbers = np.asarray(numbers, np.int64)
    numbers = numbers[points.item_rows[numbers] >= 0]
    _, first = np.unique(points.item_rows[numbers], return_index=True)
    return numbers[np.sort(first)]


def selection_csv(points: Points, numbers: Numbers, groups: Sequence[str], *, redact: Redact) -> str:
    """A selection as CSV with a header: what, kind, second within a video, and cluster.

    groups: (n,) the name of each point's cluster, empty for none.
    """
    paths, kinds = points.column("path"), points.kinds
    rows = [["what", "kind", "start_s", "cluster"]]
    for number in numbers.tolist():
        row = points.item_rows[number]
        what = paths[number] if row >= 0 else points.texts[number - points.first_text]
        start = points.start_s[number]
        seconds = "" if np.isnan(start) else f"{start:.2f}"
        rows.append([str(what), kinds[number], seconds, groups[number]])
    return csv_text(rows, redact=redact)


def _count_names(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(names).most_common())


def find_highlighted(points: Points, hits: Sequence[Hit]) -> NDArray[np.bool_]:
    """(n,) mask of the points of hits: pictures, whole videos, and of frames the one nearest in time to the hit."""
    seconds = {hit.item.id: hit.start_s for hit in hits}
    found: dict[str, list[int]] = {second: [] for second in seconds}
    for number, item_id in enumerate(points.column("id")):
        if item_id in found:
            found[str(item_id)].append(number)
    highlighted = np.zeros(len(points), bool)
    for item_id, numbers in found.items():
        start_s = seconds[item_id]
        if start_s is not None and len(numbers) > 1:
            numbers = [numbers[int(np.argmin(np.abs(points.start_s[numbers] - start_s)))]]
        highlighted[numbers] = True
    return highlighted
