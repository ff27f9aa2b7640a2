"""Duplicates in a library: byte-identical files, and the same image saved again.

Hashes find identical files. For others, nearest neighbors among the vectors are candidates, and pixels decide
(`core.cleanup.copy_check`): photos of one scene are neighbors too, but no copies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from core.cleanup.copy_groups import Group, Pair, verify_pairs
from core.cleanup.point_images import OnUnreadable, PointImages
from core.deprecated import task_keywords
from core.errors import DataError
from core.library.points import Points
from core.progress import SILENT, Task
from core.utils.files import to_absolute
from core.vectors.neighbors import Neighbors, Numbers, find_nearest_neighbors

Kind = Literal["exact", "near"]

_NEIGHBORS = 8
_FRAME_PAIRS = 3  # of one file with one video


@dataclass(frozen=True, slots=True)
class Duplicates:
    """A group of copies among n points.

    numbers: the best copy first (a file before a frame; then most pixels, sharpest, most bytes). kind: "exact" is
    byte-identical; a "near" group may contain exact copies as well. cosine: the lowest with the first, -1 to 1.
    reason: why the first is the best.
    """

    numbers: tuple[int, ...]
    kind: Kind
    cosine: float
    reason: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A file of one folder and its copy in another: the numbers of both points, and their cosine."""

    first: int
    second: int
    kind: Kind
    cosine: float


@task_keywords
def find_duplicates(
    points: Points,
    *,
    threshold: float | None = None,
    neighbors: Neighbors | None = None,
    task: Task = SILENT,
    on_unreadable: OnUnreadable | None = None,
) -> list[Duplicates]:
    """Groups of copies, exact ones first. A video is represented by the frame that shows another file.

    threshold: the least cosine of pairs whose pixels are compared, by default that of the encoder's calibration; 1 or
    more finds exact copies only. Every copy of a group is compared with its first, so that groups are no chains.
    neighbors: of the points' vectors, where they are known; many equal ones among them hide others. on_unreadable:
    called with each file that can no longer be read, and the reason; its copies may not be found. Raises Cancelled.
    """
    same = _find_equal_contents(points)
    shown = PointImages(points, on_unreadable)
    groups: list[Group] = []
    if (threshold is None or threshold < 1) and len(points) > 1:
        rows = np.arange(len(points)) if neighbors else _select_distinct(points)
        near = neighbors or find_nearest_neighbors(points.vectors[rows], _NEIGHBORS, task=task)
        pairs = _find_pairs(points, rows, near, same, threshold)
        groups = verify_pairs(shown, pairs, task=task)
    equal: dict[int, list[int]] = defaultdict(list)
    for number, first in same.items():
        equal[first].append(number)
    found = []
    for group in groups:
        numbers = [number for first in group.numbers for number in equal.pop(same.get(first, first), [first])]
        found.append(_make_duplicates(points, numbers, "near", group.reason))
    found += [_make_duplicates(points, entry, "exact", "all are equal") for entry in equal.values() if len(entry) > 1]
    return sorted(found, key=lambda value: (value.kind, -value.cosine, value.numbers))


def find_leaks(
    points: Points,
    first: Path | str,
    second: Path | str,
    *,
    threshold: float | None = None,
    task: Task = SILENT,
    on_unreadable: OnUnreadable | None = None,
) -> list[Leak]:
    """The files below one folder that have a copy below another, such as train and test; exact copies first.

    If one folder lies in the other, its files belong to it alone. Raises DataError if a folder has no files among the
    points, and Cancelled.
    """
    sides = _split_sides(points, to_absolute(first), to_absolute(second))
    for side, folder in ((0, first), (1, second)):
        if side not in sides:
            raise DataError(f"No file of {str(folder)!r} is here: index that folder, or name another one.")
    numbers = np.flatnonzero(sides >= 0)
    both = replace(
        points, vectors=points.vectors[numbers], item_rows=points.item_rows[numbers], start_s=points.start_s[numbers],
        texts=(),
    )  # fmt: skip
    groups = find_duplicates(both, threshold=threshold, task=task, on_unreadable=on_unreadable)
    leaks = []
    hashes = points.column("content_hash")
    for group in groups:
        members = numbers[list(group.numbers)]
        mine, theirs = members[sides[members] == 0], members[sides[members] == 1]
        for one in mine[: len(mine) if len(theirs) else 0].tolist():
            cosines = points.vectors[theirs] @ points.vectors[one]
            equal = np.array([hashes[one] is not None and hashes[one] == hashes[other] for other in theirs])
            best = int(np.lexsort((-cosines, ~equal))[0])
            leaks.append(Leak(one, int(theirs[best]), "exact" if equal[best] else "near", float(cosines[best])))
    return sorted(leaks, key=lambda entry: (entry.kind, -entry.cosine))


def _find_equal_contents(points: Points) -> dict[int, int]:
    """For one point of each file, the first point whose file has the same content."""
    firsts: dict[str, int] = {}
    same: dict[int, int] = {}
    seen: set[int] = set()
    rows = points.item_rows.tolist()
    for number, content in enumerate(points.column("content_hash")):
        if content is not None and rows[number] not in seen:
            seen.add(rows[number])
            same[number] = firsts.setdefault(str(content), number)
    return same


def _select_distinct(points: Points) -> Numbers:
    """The points of the first file of each content: identical files would be one another's only neighbors."""
    files: dict[str, int] = {}
    contents, rows = points.column("content_hash"), points.item_rows.tolist()
    firsts = [content is None or files.setdefault(str(content), row) == row
              for content, row in zip(contents, rows, strict=True)]  # fmt: skip
    return np.flatnonzero(firsts)


def _find_pairs(
    points: Points, rows: Numbers, neighbors: Neighbors, same: dict[int, int], threshold: float | None
) -> list[Pair]:
    """The pairs of different files to compare, each once, by descending cosine.

    neighbors: of the points in these rows.
    """
    contents = points.column("content_hash")
    items, still = points.item_rows, points.stills
    one, other = np.repeat(rows, neighbors.k), rows[neighbors.numbers.ravel()]
    cosines = neighbors.cosines.ravel()
    calibration = points.index.thresholds
    threshold = calibration.duplicate if threshold is None else threshold
    least = np.where(still[one] & still[other], threshold, max(threshold, calibration.duplicate_frame))
    candidates = (cosines >= least) & (items[one] >= 0) & (items[other] >= 0) & (items[one] != items[other])
    found: dict[tuple[int, int], float] = {}
    times: dict[tuple[int, int], int] = defaultdict(int)
    order = np.flatnonzero(candidates)[np.argsort(-cosines[candidates], kind="stable")]
    for a, b, cosine in zip(one[order].tolist(), other[order].tolist(), cosines[order].tolist(), strict=True):
        a, b = sorted((same.get(a, a), same.get(b, b)))
        files = min(int(items[a]), int(items[b])), max(int(items[a]), int(items[b]))
        equal = contents[a] is not None and contents[a] == contents[b]
        if not equal and (a, b) not in found and times[files] < _FRAME_PAIRS:
            times[files] += 1
            found[a, b] = cosine
    return [Pair(a, b, bool(still[a] and still[b])) for a, b in found]


def _make_duplicates(points: Points, numbers: Sequence[int], kind: Kind, reason: str) -> Duplicates:
    cosines = points.vectors[list(numbers)] @ points.vectors[numbers[0]]
    return Duplicates(tuple(numbers), kind, min(1.0, float(cosines.min())), reason)


def _split_sides(points: Points, first: Path, second: Path) -> np.ndarray:
    """(n,) 0 for files below the first folder, 1 below the second, -1 for others."""
    folders = sorted([(len(first.parts), 0, first), (len(second.parts), 1, second)], reverse=True)
    found = np.full(len(points), -1)
    for number, path in enumerate(points.column("path")):
        if path is not None:
            found[number] = next((side for _, side, folder in folders if Path(str(path)).is_relative_to(folder)), -1)
    return found
