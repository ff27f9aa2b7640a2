"""What a library could do without, each file with its reason; as a table, and as bare paths for other programs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from core.encoders.base import Encoder
from core.library.points import load_points
from core.library.schema import Item
from core.library.store import Library
from core.outliers import find_outliers
from core.picture_quality import QualityReport, measure_quality, shorter_side
from core.policy import get_policy
from core.progress import OnProgress
from core.utils.tables import csv_text

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
class OutlierFinding:
    """A file unlike the others, how unusual it is (0 to 1), and those that it is still likest to."""

    finding: Finding
    score: float
    neighbors: tuple[Item, ...]


def find_library_outliers(
    library: Library,
    encoder: Encoder,
    *,
    top: int,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> list[OutlierFinding]:
    """The `top` files of a library that belong least, the most unusual first. See `find_outliers`."""
    points = load_points(library, encoder)
    found = find_outliers(points.vectors, top=top, on_progress=on_progress, cancel=cancel)
    numbers = sorted({number for entry in found for number in (entry.number, *entry.neighbors)})
    items = dict(zip(numbers, points.items(numbers), strict=True))
    return [
        OutlierFinding(
            Finding(items[entry.number], entry.reason), entry.score, tuple(items[other] for other in entry.neighbors)
        )
        for entry in found
    ]


def find_unreadable(library: Library) -> list[Finding]:
    """The files that cannot be read, and the videos that can be read in part only, each with its reason."""
    items = library.items()
    partly = pc.and_(pc.equal(items["status"], "ok"), pc.is_valid(items["reason"]))
    rows = items.filter(pc.or_(pc.equal(items["status"], "failed"), partly)).to_pylist()
    return [Finding(Item.from_row(row), row["reason"] or "It cannot be read.") for row in rows]


def measure_library_quality(
    library: Library, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None
) -> QualityReport:
    """How sharp and bright the pictures of a library are. See `measure_quality`."""
    items = library.items()
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.equal(items["kind"], "image"))).to_pylist()
    return measure_quality([Item.from_row(row) for row in rows], on_progress=on_progress, cancel=cancel)


def find_blurred(report: QualityReport, below: float) -> list[Finding]:
    """The pictures of less sharpness, in grey levels, the most blurred first."""
    return [Finding(item, f"blurred: sharpness {entry.sharpness:.1f}") for item, entry in report.find_blurred(below)]


def find_dark(report: QualityReport, below: float) -> list[Finding]:
    """The pictures of less mean brightness, 0 to 1, the darkest first."""
    return [Finding(item, f"dark: brightness {entry.brightness:.1%}") for item, entry in report.find_dark(below)]


def find_small(library: Library, below: int) -> list[Finding]:
    """The pictures and videos whose shorter side has fewer pixels, the smallest first."""
    items = library.items()
    shorter = pc.min_element_wise(items["width"], items["height"])
    rows = items.filter(pc.and_(pc.equal(items["status"], "ok"), pc.less(shorter, below))).to_pylist()
    found = sorted((Item.from_row(row) for row in rows), key=lambda item: (shorter_side(item), item.path))
    return [Finding(item, f"small: {item.width} × {item.height} pixels") for item in found]


def findings_csv(findings: Iterable[Finding]) -> str:
    """A table with a header, a file a row: path, why it is listed, the copy to keep, the cosine to it (-1 to 1)."""
    rows: list[tuple[object, ...]] = [_COLUMNS]
    for finding in findings:
        cosine = "" if finding.cosine is None else f"{finding.cosine:.4f}"
        rows.append((finding.item.path, finding.why, finding.best, cosine))
    return csv_text(rows)


def paths_lines(findings: Sequence[Finding]) -> bool:
    """Whether a list with a path on each line names these files and no others: no name holds a line break."""
    return not any(len(f"{finding.item.path}.".splitlines()) > 1 for finding in findings)


def paths_list(findings: Iterable[Finding], *, end: str = "\n") -> bytes:
    """The bare paths as the file system writes them, each ended by `end`: a NUL for `xargs -0`, safe for any name.

    The public is given the names alone.
    """
    return b"".join(os.fsencode(get_policy().display_path(finding.item.path) + end) for finding in findings)
