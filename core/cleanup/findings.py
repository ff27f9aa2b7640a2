"""Findings of a library: files to clean up with reasons, as tables or as paths for other programs."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from core.cleanup.duplicates import Duplicates, find_duplicates, find_leaks, find_sides
from core.cleanup.image_quality import QualityReport, measure_quality, shorter_side
from core.cleanup.outliers import find_outliers
from core.cleanup.text_copies import TextCopies, find_text_copies
from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.library.points import Points, Unit, load_points
from core.library.schema import Item
from core.library.store import Library
from core.library.track import track_of
from core.media.modalities import PICTURE
from core.progress import SILENT, Task
from core.utils.files import to_absolute
from core.utils.tables import Redact, csv_text

_COLUMNS = ("path", "why", "best_copy", "cosine")


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that may be superfluous, and why.

    Attributes
    ----------
    item : Item
    why : str
    best : str
        Path of the copy to keep, if any.
    cosine : float or None
        With that copy, -1 to 1; None of texts, whose words are compared.
    time_s : float or None
        Second at which a video shows the copy.
    """

    item: Item
    why: str
    best: str = ""
    cosine: float | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class OutlierFinding:
    """A file unlike the others.

    Attributes
    ----------
    finding : Finding
    score : float
        0 to 1, see `Outlier`.
    neighbors : tuple of Item
        Nearest first.
    """

    finding: Finding
    score: float
    neighbors: tuple[Item, ...]


@task_keywords
def find_library_outliers(library: Library, encoder: Encoder, *, top: int, task: Task = SILENT) -> list[OutlierFinding]:
    """The most unusual files of a library, see `find_outliers`.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    top : int
        Most files.
    task : Task, optional

    Returns
    -------
    list of OutlierFinding
        Most unusual first.

    Raises
    ------
    Cancelled
    """
    points = load_points(library, encoder)
    outliers = find_outliers(points.vectors, groups=points.from_text, top=top, task=task)
    numbers = sorted({number for outlier in outliers for number in (outlier.number, *outlier.neighbors)})
    items = dict(zip(numbers, points.items(numbers), strict=True))
    return [
        OutlierFinding(
            Finding(items[outlier.number], outlier.reason),
            outlier.score,
            tuple(items[number] for number in outlier.neighbors),
        )
        for outlier in outliers
    ]


def find_unreadable(library: Library) -> list[Finding]:
    """Unreadable files, and videos that are readable only in part.

    Parameters
    ----------
    library : Library

    Returns
    -------
    list of Finding
    """
    items = library.items()
    partly = pc.and_(pc.equal(items["status"], "ok"), pc.is_valid(items["reason"]))
    rows = items.filter(pc.or_(pc.equal(items["status"], "failed"), partly)).to_pylist()
    return [Finding(Item.from_row(row), row["reason"] or "It cannot be read.") for row in rows]


@task_keywords
def measure_library_quality(library: Library, *, task: Task = SILENT) -> QualityReport:
    """Sharpness and brightness of a library's pictures, see `measure_quality`.

    Parameters
    ----------
    library : Library
    task : Task, optional
        Ends early with the pictures measured so far.

    Returns
    -------
    QualityReport
    """
    items = library.items()
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.equal(items["kind"], PICTURE.name))).to_pylist()
    return measure_quality([Item.from_row(row) for row in rows], task=task)


def find_blurred(report: QualityReport, below: float) -> list[Finding]:
    """Pictures below a sharpness.

    Parameters
    ----------
    report : QualityReport
        See `measure_library_quality`.
    below : float
        Gray levels.

    Returns
    -------
    list of Finding
        Most blurred first.
    """
    return [Finding(item, f"blurred: sharpness {entry.sharpness:.1f}") for item, entry in report.find_blurred(below)]


def find_dark(report: QualityReport, below: float) -> list[Finding]:
    """Pictures below a mean brightness.

    Parameters
    ----------
    report : QualityReport
        See `measure_library_quality`.
    below : float
        0 to 1.

    Returns
    -------
    list of Finding
        Darkest first.
    """
    return [Finding(item, f"dark: brightness {entry.brightness:.1%}") for item, entry in report.find_dark(below)]


def find_small(library: Library, below: int) -> list[Finding]:
    """Pictures and videos with a short shorter side.

    Parameters
    ----------
    library : Library
    below : int
        Pixels of the shorter side.

    Returns
    -------
    list of Finding
        Smallest first.
    """
    items = library.items()
    shorter = pc.min_element_wise(items["width"], items["height"])
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.less(shorter, below))).to_pylist()
    small = sorted(map(Item.from_row, rows), key=lambda item: (shorter_side(item), item.path))
    return [Finding(item, f"small: {item.width} × {item.height} pixels") for item in small]


def findings_csv(findings: Iterable[Finding], *, redact: Redact) -> str:
    """Findings as CSV.

    Parameters
    ----------
    findings : iterable of Finding
    redact : callable
        Hides parts of paths, see `core.policy`.

    Returns
    -------
    str
        One row per file: path, reason, copy to keep, cosine with it (-1 to 1).
    """
    rows: list[tuple[object, ...]] = [_COLUMNS]
    for finding in findings:
        cosine = "" if finding.cosine is None else f"{finding.cosine:.4f}"
        rows.append((finding.item.path, finding.why, finding.best, cosine))
    return csv_text(rows, redact=redact)


def paths_lines(findings: Sequence[Finding]) -> bool:
    """Whether one path per line is unambiguous, which a line break in a path prevents.

    Parameters
    ----------
    findings : sequence of Finding

    Returns
    -------
    bool
    """
    return not any(len(f"{finding.item.path}.".splitlines()) > 1 for finding in findings)


def paths_list(findings: Iterable[Finding], *, redact: Redact, end: str = "\n") -> bytes:
    """Paths in the encoding of the file system.

    Parameters
    ----------
    findings : iterable of Finding
    redact : callable
        Hides parts of paths, see `core.policy`.
    end : str
        Follows each path; NUL, for `xargs -0`, is safe for any name.

    Returns
    -------
    bytes
    """
    return b"".join(os.fsencode(redact(finding.item.path) + end) for finding in findings)


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Copies of one picture, video or text.

    Attributes
    ----------
    findings : tuple of Finding
        The best first.
    is_exact : bool
        Whether they are byte-identical.
    reason : str
        Why the first is the best.
    """

    findings: tuple[Finding, ...]
    is_exact: bool
    reason: str

    @property
    def spare(self) -> tuple[Finding, ...]:
        """All but the first, except videos that only show the picture in a frame."""
        return tuple(finding for finding in self.findings[1:] if finding.time_s is None)


@dataclass(frozen=True, slots=True)
class DuplicatesFound:
    """Duplicates of a library.

    Attributes
    ----------
    groups : list of DuplicateGroup
    unread : list of (Item, str)
        Unreadable files with reasons; their copies may be missing.
    """

    groups: list[DuplicateGroup]
    unread: list[tuple[Item, str]] = field(default_factory=list)

    @property
    def spare(self) -> list[Finding]:
        """Superfluous files of all groups."""
        return [finding for group in self.groups for finding in group.spare]


@task_keywords
def find_library_duplicates(
    library: Library, encoder: Encoder, *, of: Unit = "items", task: Task = SILENT
) -> DuplicatesFound:
    """Duplicates in a library, see `find_duplicates`.

    A picture comes before a video that shows it, whatever their sizes, since a frame does not replace a picture.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    of : {"items", "frames"}
        "frames" also finds pictures that a video shows.
    task : Task, optional

    Returns
    -------
    DuplicatesFound

    Raises
    ------
    Cancelled
    """
    unread: list[tuple[Item, str]] = []
    points = load_points(library, encoder, unit=of)
    points = points.keep(~points.from_text)  # of texts, words are compared
    duplicates = find_duplicates(points, task=task, on_unreadable=lambda *file: unread.append(file))
    positions = _get_positions(points, [number for copies in duplicates for number in copies.numbers])
    groups = [_make_group(points, positions, copies) for copies in duplicates]
    groups += [_make_text_group(copies) for copies in find_text_copies(library, task=task)]
    return DuplicatesFound([group for group in groups if len(group.findings) > 1], unread)


@task_keywords
def find_leaks_between(
    library: Library, encoder: Encoder, first: str, second: str, *, task: Task = SILENT
) -> DuplicatesFound:
    """Files of one folder with a copy in another, see `find_leaks`.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    first, second : str
        Folders.
    task : Task, optional

    Returns
    -------
    DuplicatesFound
        In each group the copy in the second folder comes first.

    Raises
    ------
    DataError
        A folder has no files in the library.
    Cancelled
    """
    unread: list[tuple[Item, str]] = []
    points = load_points(library, encoder)
    leaks = find_leaks(points, first, second, task=task, on_unreadable=lambda *file: unread.append(file))
    positions = _get_positions(points, [number for leak in leaks for number in (leak.first, leak.second)])
    groups = []
    for leak in leaks:
        copy = replace(positions[leak.second], why=f"has a copy in {first}")
        original = _make_finding(points, positions, leak.first, leak.second)
        groups.append(DuplicateGroup((copy, original), leak.kind == "exact", ""))
    groups += _find_text_leaks(library, to_absolute(first), to_absolute(second), task)
    return DuplicatesFound(groups, unread)


def _find_text_leaks(library: Library, first: Path, second: Path, task: Task) -> list[DuplicateGroup]:
    """Documents below the first folder with a copy below the second; that one comes first in its group."""
    groups = []
    for copies in find_text_copies(library, task=task):
        sides = find_sides([item.path for item in copies.items], first, second)
        here, there = ([item for item, own in zip(copies.items, sides, strict=True) if own == side] for side in (0, 1))
        for item in here if there else ():
            copy = Finding(there[0], f"has a copy in {first}")
            groups.append(DuplicateGroup((copy, _explain_text(there[0], item, 1.0)), copies.is_exact, ""))
    return groups


def _make_group(points: Points, positions: dict[int, Finding], duplicates: Duplicates) -> DuplicateGroup:
    """Each file once, by its frame that is most similar to the best."""
    best, *numbers = duplicates.numbers
    copies = [_make_finding(points, positions, number, best) for number in numbers]
    by_cosine = sorted(copies, key=lambda finding: -(finding.cosine or 0.0))
    files = {copy.item.id: copy for copy in reversed(by_cosine) if copy.item.id != positions[best].item.id}
    distinct = [copy for copy in copies if files.get(copy.item.id) is copy]
    distinct.sort(key=lambda finding: finding.time_s is not None)
    first = replace(positions[best], why=f"the best of {len(distinct) + 1:,} copies")
    return DuplicateGroup((first, *distinct), duplicates.kind == "exact", duplicates.reason)


def _make_text_group(copies: TextCopies) -> DuplicateGroup:
    best, *others = copies.items
    first = Finding(best, f"the best of {len(copies.items):,} copies")
    spare = [_explain_text(best, item, share) for item, share in zip(others, copies.shared[1:], strict=True)]
    return DuplicateGroup((first, *spare), copies.is_exact, "all are equal" if copies.is_exact else "the longest")


def _explain_text(best: Item, item: Item, share: float) -> Finding:
    name = Path(best.path).name
    is_same = item.content_hash is not None and item.content_hash == best.content_hash
    why = f"the same file as {name}" if is_same else f"nearly the same words as {name}: {share:.0%}"
    return Finding(item, why, best=best.path)


def _get_positions(points: Points, numbers: Sequence[int]) -> dict[int, Finding]:
    """Files of points; frames of a video have the middle of their time span."""
    positions = {}
    for number, item in zip(numbers, points.items(numbers), strict=True):
        start_s = float(points.start_s[number])
        time_s = None if math.isnan(start_s) else _mid_second(points, item, start_s)
        positions[number] = Finding(item, "", time_s=time_s)
    return positions


def _mid_second(points: Points, item: Item, start_s: float) -> float:
    track = track_of(points.index, item.id)
    row = int(np.searchsorted(track.start_s, np.float32(start_s)))
    return float(track.start_s[row] + track.end_s[row]) / 2


def _make_finding(points: Points, positions: dict[int, Finding], number: int, best: int) -> Finding:
    copy, original = positions[number], positions[best].item
    relation = "nearly the same as" if copy.time_s is None else "shows in a frame"
    if copy.item.content_hash is not None and copy.item.content_hash == original.content_hash:
        relation = "the same file as"
    cosine = min(1.0, float(points.vectors[number] @ points.vectors[best]))
    return replace(copy, why=f"{relation} {Path(original.path).name}", best=original.path, cosine=cosine)
