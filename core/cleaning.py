"""What a library could do without, each file with its reason; as a table, and as bare paths for other programs."""

from __future__ import annotations

import csv
import io
import math
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow.compute as pc

from core.duplicates import find_duplicates, find_leaks
from core.encoders.base import Encoder
from core.export import as_text
from core.library.schema import Item
from core.library.store import Library
from core.picture_quality import QualityReport, measure_quality, shorter_side
from core.points import Of, Points, points_of
from core.progress import OnProgress

_COLUMNS = ("path", "why", "best_copy", "cosine")


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that may be one too many. best: the path of the copy to keep, where there is one, and the cosine to it.

    time_s: of a video that shows the copy, the second at which it does.
    """

    item: Item
    why: str
    best: str = ""
    cosine: float | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Copies:
    """Files that show the same: the one to keep first, and why that one. is_exact: equal to the byte."""

    findings: tuple[Finding, ...]
    is_exact: bool
    reason: str

    @property
    def spare(self) -> tuple[Finding, ...]:
        """Those but the first; no video that merely shows the picture in one of its frames."""
        return tuple(each for each in self.findings[1:] if each.time_s is None)


@dataclass(frozen=True, slots=True)
class CopiesFound:
    """The groups, and the files that could not be read when they were compared: copies of theirs may go unfound."""

    groups: list[Copies]
    unread: list[tuple[Item, str]] = field(default_factory=list)

    @property
    def spare(self) -> list[Finding]:
        """What could go from all groups."""
        return [finding for group in self.groups for finding in group.spare]


def copies_in(
    library: Library,
    encoder: Encoder,
    *,
    of: Of = "items",
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> CopiesFound:
    """Files of a library that show the same; of "frames" also pictures that a video shows. See `find_duplicates`."""
    unread: list[tuple[Item, str]] = []
    points = points_of(library, encoder, of=of)
    duplicates = find_duplicates(
        points, on_progress=on_progress, cancel=cancel, on_unreadable=lambda *each: unread.append(each)
    )
    places = _places(points, [number for each in duplicates for number in each.numbers])
    groups = []
    for each in duplicates:
        first, *rest = each.numbers
        others = tuple(_copy(points, places, number, first) for number in rest)
        kept = replace(places[first], why=f"the best of {len(each.numbers):,} copies")
        groups.append(Copies((kept, *others), each.kind == "exact", _reason(kept.item, others)))
    return CopiesFound(groups, unread)


def leaks_between(
    library: Library,
    encoder: Encoder,
    first: str,
    second: str,
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> CopiesFound:
    """The files of one folder that have a copy in another: each with that copy, which comes first. See `find_leaks`."""
    unread: list[tuple[Item, str]] = []
    points = points_of(library, encoder)
    leaks = find_leaks(
        points, first, second, on_progress=on_progress, cancel=cancel, on_unreadable=lambda *each: unread.append(each)
    )
    places = _places(points, [number for leak in leaks for number in (leak.first, leak.second)])
    groups = []
    for leak in leaks:
        kept = replace(places[leak.second], why=f"has a copy in {first}")
        groups.append(Copies((kept, _copy(points, places, leak.first, leak.second)), leak.kind == "exact", ""))
    return CopiesFound(groups, unread)


def _places(points: Points, numbers: Sequence[int]) -> dict[int, Finding]:
    """The files of some points, and the seconds of those that are frames of a video."""
    seconds = [float(points.start_s[number]) for number in numbers]
    items = points.items(numbers)
    return {
        number: Finding(item, "", time_s=None if math.isnan(at) else at)
        for number, item, at in zip(numbers, items, seconds, strict=True)
    }


def _copy(points: Points, places: dict[int, Finding], number: int, best: int) -> Finding:
    own, kept = places[number], places[best].item
    is_exact = own.item.content_hash is not None and own.item.content_hash == kept.content_hash
    what = "the same file as" if is_exact else "shows in a frame" if own.time_s is not None else "nearly the same as"
    cosine = min(1.0, float(points.vectors[number] @ points.vectors[best]))
    return replace(own, why=f"{what} {Path(kept.path).name}", best=kept.path, cosine=cosine)


def _reason(kept: Item, others: Sequence[Finding]) -> str:
    """Why this one is kept: of those that differ from it, it has the most pixels, is sharper, or larger."""
    rivals = [each.item for each in others if each.item.content_hash != kept.content_hash]
    if not rivals:
        return "all are equal: any will do"
    if _pixels(kept) > max(map(_pixels, rivals)):
        return "the most pixels"
    largest = kept.bytes >= max(each.bytes for each in rivals if _pixels(each) == _pixels(kept))
    return "the largest file of this size" if largest else "the sharpest of this size"


def _pixels(item: Item) -> int:
    return (item.width or 0) * (item.height or 0)


def unreadable(library: Library) -> list[Finding]:
    """The files that cannot be read, and the videos that can be read in part only, each with its reason."""
    items = library.items()
    partly = pc.and_(pc.equal(items["status"], "ok"), pc.is_valid(items["reason"]))
    rows = items.filter(pc.or_(pc.equal(items["status"], "failed"), partly)).to_pylist()
    return [Finding(Item.from_row(row), row["reason"] or "It cannot be read.") for row in rows]


def measured(
    library: Library, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None
) -> QualityReport:
    """How sharp and bright the pictures of a library are. See `measure_quality`."""
    items = library.items()
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.equal(items["kind"], "image"))).to_pylist()
    return measure_quality([Item.from_row(row) for row in rows], on_progress=on_progress, cancel=cancel)


def blurred(report: QualityReport, below: float) -> list[Finding]:
    """The pictures of less sharpness, in grey levels, the most blurred first."""
    return [Finding(item, f"blurred: sharpness {each.sharpness:.1f}") for item, each in report.blurred(below)]


def dark(report: QualityReport, below: float) -> list[Finding]:
    """The pictures of less mean brightness, 0 to 1, the darkest first."""
    return [Finding(item, f"dark: brightness {each.brightness:.1%}") for item, each in report.too_dark(below)]


def small(library: Library, below: int) -> list[Finding]:
    """The pictures and videos whose shorter side has fewer pixels, the smallest first."""
    items = library.items()
    shorter = pc.min_element_wise(items["width"], items["height"])
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.less(shorter, below))).to_pylist()
    found = sorted((Item.from_row(row) for row in rows), key=lambda item: (shorter_side(item), item.path))
    return [Finding(item, f"small: {item.width} × {item.height} pixels") for item in found]


def findings_csv(findings: Iterable[Finding]) -> str:
    """A table with a header, a file a row: path, why it is listed, the copy to keep, the cosine to it (-1 to 1)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for each in findings:
        cosine = "" if each.cosine is None else f"{each.cosine:.4f}"
        writer.writerow([as_text(each.item.path), as_text(each.why), as_text(each.best), cosine])
    return buffer.getvalue()


def one_a_line(findings: Sequence[Finding]) -> bool:
    """Whether a list with a path on each line names these files and no others: no name holds a line break."""
    return not any(len(f"{each.item.path}.".splitlines()) > 1 for each in findings)


def paths_list(findings: Iterable[Finding], *, end: str = "\n") -> bytes:
    """The bare paths as the file system writes them, each ended by `end`: a NUL for `xargs -0`, safe for any name."""
    return b"".join(os.fsencode(each.item.path + end) for each in findings)
