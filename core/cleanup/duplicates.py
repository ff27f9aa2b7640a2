"""Finds duplicates in a library: byte-identical files, and copies of a picture.

Hashes find identical files. For copies, nearest neighbors among the vectors are candidates, and pixels decide
(`core.cleanup.copy_check`), since photos of one scene are neighbors too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
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
_FRAME_PAIRS = 3  # compared per file and video


@dataclass(frozen=True, slots=True)
class Duplicates:
    """A group of copies among n points.

    Attributes
    ----------
    numbers : tuple of int
        Points, the best copy first: a file before a frame; then most pixels, sharpest, most bytes.
    kind : {"exact", "near"}
        "exact" is byte-identical; a "near" group may contain exact copies too.
    cosine : float
        Lowest cosine with the first, -1 to 1.
    reason : str
        Why the first is the best.
    """

    numbers: tuple[int, ...]
    kind: Kind
    cosine: float
    reason: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A file of one folder and its copy in another: numbers of both points, and their cosine."""

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
    """Groups of copies among pictures and videos; for texts see `core.cleanup.text_copies`. A video is represented by
    the frame that shows another file.

    Every copy of a group is compared with its first, so that groups are not chains.

    Parameters
    ----------
    points : Points
    threshold : float, optional
        Least cosine of pairs whose pixels are compared; default: that of the encoder's calibration. With 1 or more,
        only exact copies are found.
    neighbors : Neighbors, optional
        Of the points' vectors, if known; many equal vectors hide other neighbors.
    task : Task, optional
    on_unreadable : callable, optional
        Called with each unreadable file and the reason; its copies may not be found.

    Returns
    -------
    list of Duplicates
        Exact copies first.

    Raises
    ------
    Cancelled
    """
    same = _find_equal_contents(points)
    groups: list[Group] = []
    if (threshold is None or threshold < 1) and len(points) > 1:
        rows = np.arange(len(points)) if neighbors else _select_distinct(points)
        neighbors = neighbors or find_nearest_neighbors(points.vectors[rows], _NEIGHBORS, task=task)
        pairs = _find_pairs(points, rows, neighbors, same, threshold)
        groups = verify_pairs(PointImages(points, on_unreadable), pairs, task=task)
    equal: dict[int, list[int]] = defaultdict(list)
    for number, first in same.items():
        equal[first].append(number)
    duplicates = []
    for group in groups:
        numbers = [number for first in group.numbers for number in equal.pop(same.get(first, first), [first])]
        duplicates.append(_make_duplicates(points, numbers, "near", group.reason))
    exact = [numbers for numbers in equal.values() if len(numbers) > 1]
    duplicates += [_make_duplicates(points, numbers, "exact", "all are equal") for numbers in exact]
    return sorted(duplicates, key=lambda group: (group.kind, -group.cosine, group.numbers))


def find_leaks(
    points: Points,
    first: Path | str,
    second: Path | str,
    *,
    threshold: float | None = None,
    task: Task = SILENT,
    on_unreadable: OnUnreadable | None = None,
) -> list[Leak]:
    """Files below one folder with a copy below another, such as train and test; exact copies first.

    If one folder lies in the other, its files belong only to it. Raises DataError if a folder has no files among the
    points, and Cancelled.
    """
    sides = find_sides(points.column("path"), to_absolute(first), to_absolute(second))
    for side, folder in ((0, first), (1, second)):
        if side not in sides:
            raise DataError(f"No file of {str(folder)!r} is in the library: index that folder, or choose another.")
    among = (sides >= 0) & ~points.from_text
    numbers = np.flatnonzero(among)
    groups = find_duplicates(points.keep(among), threshold=threshold, task=task, on_unreadable=on_unreadable)
    leaks = []
    hashes = points.column("content_hash")
    for group in groups:
        members = numbers[list(group.numbers)]
        first_side, second_side = members[sides[members] == 0], members[sides[members] == 1]
        for number in first_side.tolist() if len(second_side) else ():
            cosines = points.vectors[second_side] @ points.vectors[number]
            is_equal = np.array([hashes[number] is not None and hashes[number] == hashes[copy] for copy in second_side])
            best = int(np.lexsort((-cosines, ~is_equal))[0])
            kind: Kind = "exact" if is_equal[best] else "near"
            leaks.append(Leak(number, int(second_side[best]), kind, float(cosines[best])))
    return sorted(leaks, key=lambda leak: (leak.kind, -leak.cosine))


def _find_equal_contents(points: Points) -> dict[int, int]:
    """For the first point of each file, the first point whose file has the same content."""
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
    """Points of the first file of each content, since identical files would be each other's only neighbors."""
    files: dict[str, int] = {}
    contents, rows = points.column("content_hash"), points.item_rows.tolist()
    firsts = [content is None or files.setdefault(str(content), row) == row
              for content, row in zip(contents, rows, strict=True)]  # fmt: skip
    return np.flatnonzero(firsts)


def _find_pairs(
    points: Points, rows: Numbers, neighbors: Neighbors, same: dict[int, int], threshold: float | None
) -> list[Pair]:
    """Pairs of different files to compare, each once, by descending cosine. neighbors: of the points in `rows`."""
    contents = points.column("content_hash")
    items, still = points.item_rows, points.stills
    one, other = np.repeat(rows, neighbors.k), rows[neighbors.numbers.ravel()]
    cosines = neighbors.cosines.ravel()
    calibration = points.index.thresholds
    threshold = calibration.duplicate if threshold is None else threshold
    least = np.where(still[one] & still[other], threshold, max(threshold, calibration.duplicate_frame))
    candidates = (cosines >= least) & (items[one] >= 0) & (items[other] >= 0) & (items[one] != items[other])
    pairs: dict[tuple[int, int], Pair] = {}
    pairs_of_files: dict[tuple[int, int], int] = defaultdict(int)
    order = np.flatnonzero(candidates)[np.argsort(-cosines[candidates], kind="stable")]
    for a, b in zip(one[order].tolist(), other[order].tolist(), strict=True):
        a, b = sorted((same.get(a, a), same.get(b, b)))
        files = min(int(items[a]), int(items[b])), max(int(items[a]), int(items[b]))
        is_equal = contents[a] is not None and contents[a] == contents[b]
        if not is_equal and (a, b) not in pairs and pairs_of_files[files] < _FRAME_PAIRS:
            pairs_of_files[files] += 1
            pairs[a, b] = Pair(a, b, bool(still[a] and still[b]))
    return list(pairs.values())


def _make_duplicates(points: Points, numbers: Sequence[int], kind: Kind, reason: str) -> Duplicates:
    cosines = points.vectors[list(numbers)] @ points.vectors[numbers[0]]
    return Duplicates(tuple(numbers), kind, min(1.0, float(cosines.min())), reason)


def find_sides(paths: Sequence[object], first: Path, second: Path) -> np.ndarray:
    """For each path 0 below the first folder, 1 below the second, else -1: (n,). The deeper folder comes first."""
    folders = sorted([(len(first.parts), 0, first), (len(second.parts), 1, second)], reverse=True)
    sides = np.full(len(paths), -1)
    for number, path in enumerate(paths):
        if path is not None:
            sides[number] = next((side for _, side, folder in folders if Path(str(path)).is_relative_to(folder)), -1)
    return sides
