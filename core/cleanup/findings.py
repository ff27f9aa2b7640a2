"""Findings of a library: files to clean up, each with a reason; as a table, or as paths for other programs."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from core.cleanup.duplicates import Duplicates, find_duplicates, find_leaks
from core.cleanup.image_quality import QualityReport, measure_quality, shorter_side
from core.cleanup.outliers import find_outliers
from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.library.points import Points, Unit, load_points
from core.library.schema import Item
from core.library.store import Library
from core.library.track import track_of
from core.media.modalities import PICTURE
from core.progress import SILENT, Task
from core.utils.tables import Redact, csv_text

_COLUMNS = ("path", "why", "best_copy", "cosine")


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that may be superfluous, and why. best: path of the copy to keep, if any. cosine: with that copy.

    time_s: of a video that shows the copy, the time in seconds.
    """

    item: Item
    why: str
    best: str = ""
    cosine: float | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class OutlierFinding:
    """A file unlike the others, its score (0 to 1), and its nearest neighbors."""

    finding: Finding
    score: float
    neighbors: tuple[Item, ...]


@task_keywords
def find_library_outliers(library: Library, encoder: Encoder, *, top: int, task: Task = SILENT) -> list[OutlierFinding]:
    """The `top` most unusual files of a library, most unusual first. See `find_outliers`."""
    points = load_points(library, encoder)
    found = find_outliers(points.vectors, top=top, task=task)
    numbers = sorted({number for entry in found for number in (entry.number, *entry.neighbors)})
    items = dict(zip(numbers, points.items(numbers), strict=True))
    return [
        OutlierFinding(
            Finding(items[entry.number], entry.reason), entry.score, tuple(items[other] for other in entry.neighbors)
        )
        for entry in found
    ]


def find_unreadable(library: Library) -> list[Finding]:
    """Files that cannot be read, and videos that can be read only in part, with reasons."""
    items = library.items()
    partly = pc.and_(pc.equal(items["status"], "ok"), pc.is_valid(items["reason"]))
    rows = items.filter(pc.or_(pc.equal(items["status"], "failed"), partly)).to_pylist()
    return [Finding(Item.from_row(row), row["reason"] or "It cannot be read.") for row in rows]


@task_keywords
def measure_library_quality(library: Library, *, task: Task = SILENT) -> QualityReport:
    """Sharpness and brightness of the images of a library. See `measure_quality`."""
    items = library.items()
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.equal(items["kind"], PICTURE.name))).to_pylist()
    return measure_quality([Item.from_row(row) for row in rows], task=task)


def find_blurred(report: QualityReport, below: float) -> list[Finding]:
    """The images of less sharpness, in gray levels, most blurred first."""
    return [Finding(item, f"blurred: sharpness {entry.sharpness:.1f}") for item, entry in report.find_blurred(below)]


def find_dark(report: QualityReport, below: float) -> list[Finding]:
    """The images of less mean brightness, 0 to 1, darkest first."""
    return [Finding(item, f"dark: brightness {entry.brightness:.1%}") for item, entry in report.find_dark(below)]


def find_small(library: Library, below: int) -> list[Finding]:
    """Images and videos whose shorter side has fewer pixels, smallest first."""
    items = library.items()
    shorter = pc.min_element_wise(items["width"], items["height"])
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.less(shorter, below))).to_pylist()
    found = sorted((Item.from_row(row) for row in rows), key=lambda item: (shorter_side(item), item.path))
    return [Finding(item, f"small: {item.width} × {item.height} pixels") for item in found]


def findings_csv(findings: Iterable[Finding], *, redact: Redact) -> str:
    """CSV with a header, one row per file: path, reason, copy to keep, cosine with it (-1 to 1)."""
    rows: list[tuple[object, ...]] = [_COLUMNS]
    for finding in findings:
        cosine = "" if finding.cosine is None else f"{finding.cosine:.4f}"
        rows.append((finding.item.path, finding.why, finding.best, cosine))
    return csv_text(rows, redact=redact)


def paths_lines(findings: Sequence[Finding]) -> bool:
    """Whether one path per line is unambiguous: no path contains a line break."""
    return not any(len(f"{finding.item.path}.".splitlines()) > 1 for finding in findings)


def paths_list(findings: Iterable[Finding], *, redact: Redact, end: str = "\n") -> bytes:
    """Paths in the encoding of the file system, each followed by `end`; NUL for `xargs -0` is safe for any name."""
    return b"".join(os.fsencode(redact(finding.item.path) + end) for finding in findings)


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Copies: the best first, with the reason. is_exact: byte-identical."""

    findings: tuple[Finding, ...]
    is_exact: bool
    reason: str

    @property
    def spare(self) -> tuple[Finding, ...]:
        """All but the first, without videos that only show the image in a frame."""
        return tuple(finding for finding in self.findings[1:] if finding.time_s is None)


@dataclass(frozen=True, slots=True)
class DuplicatesFound:
    """The groups, and files that could not be read for comparison: their copies may be missing."""

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
    """Duplicates in a library; of "frames" also images that a video shows. See `find_duplicates`.

    An image comes before a video that shows it, whatever their sizes: a frame does not replace an image.
    """
    unread: list[tuple[Item, str]] = []
    points = load_points(library, encoder, unit=of)
    duplicates = find_duplicates(points, task=task, on_unreadable=lambda *value: unread.append(value))
    places = _get_positions(points, [number for entry in duplicates for number in entry.numbers])
    groups = [_make_group(points, places, entry) for entry in duplicates]
    return DuplicatesFound([entry for entry in groups if len(entry.findings) > 1], unread)


@task_keywords
def find_leaks_between(
    library: Library, encoder: Encoder, first: str, second: str, *, task: Task = SILENT
) -> DuplicatesFound:
    """Files of one folder with a copy in another; the copy comes first. See `find_leaks`."""
    unread: list[tuple[Item, str]] = []
    points = load_points(library, encoder)
    leaks = find_leaks(points, first, second, task=task, on_unreadable=lambda *entry: unread.append(entry))
    places = _get_positions(points, [number for leak in leaks for number in (leak.first, leak.second)])
    groups = []
    for leak in leaks:
        copy = replace(places[leak.second], why=f"has a copy in {first}")
        groups.append(
            DuplicateGroup((copy, _make_finding(points, places, leak.first, leak.second)), leak.kind == "exact", "")
        )
    return DuplicatesFound(groups, unread)


def _make_group(points: Points, places: dict[int, Finding], found: Duplicates) -> DuplicateGroup:
    """Each file once, by the frame that is likest to the best."""
    best, *numbers = found.numbers
    others = [_make_finding(points, places, number, best) for number in numbers]
    likest = sorted(others, key=lambda value: -(value.cosine or 0.0))
    files = {entry.item.id: entry for entry in reversed(likest) if entry.item.id != places[best].item.id}
    rest = [entry for entry in others if files.get(entry.item.id) is entry]
    rest.sort(key=lambda value: value.time_s is not None)
    first = replace(places[best], why=f"the best of {len(rest) + 1:,} copies")
    return DuplicateGroup((first, *rest), found.kind == "exact", found.reason)


def _get_positions(points: Points, numbers: Sequence[int]) -> dict[int, Finding]:
    """The files of some points; of those that are frames of a video, the middle of the seconds they stand for."""
    found = {}
    for number, item in zip(numbers, points.items(numbers), strict=True):
        start_s = float(points.start_s[number])
        found[number] = Finding(item, "", time_s=None if math.isnan(start_s) else _mid_second(points, item, start_s))
    return found


def _mid_second(points: Points, item: Item, start_s: float) -> float:
    track = track_of(points.index, item.id)
    row = int(np.searchsorted(track.start_s, np.float32(start_s)))
    return float(track.start_s[row] + track.end_s[row]) / 2


def _are_equal(one: Item, other: Item) -> bool:
    return one.content_hash is not None and one.content_hash == other.content_hash


def _make_finding(points: Points, places: dict[int, Finding], number: int, best: int) -> Finding:
    own, kept = places[number], places[best].item
    what = (
        "the same file as"
        if _are_equal(own.item, kept)
        else "shows in a frame"
        if own.time_s is not None
        else "nearly the same as"
    )
    cosine = min(1.0, float(points.vectors[number] @ points.vectors[best]))
    return replace(own, why=f"{what} {Path(kept.path).name}", best=kept.path, cosine=cosine)
