"""Compares how Semblance reads each file of a folder with the other readers that are installed.

For whoever has a collection of unusual files: what two others read alike, Semblance should read as they do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.deprecated import task_keywords
from core.errors import ApartError, DataError, MediaError
from core.evaluation.picture_readers import READERS, read_with, shrink
from core.isolation.calls import Limits, stream_limited
from core.library.ingest.scan import scan
from core.media.formats import pack_tables
from core.media.modalities import PICTURE, VIDEO, find_modalities
from core.media.modality import Modality, OtherKind, Wish
from core.progress import SILENT, Task

TOLERANCE = 8.0  # of 255: readers differ by one or two where they scale colors and make room between pixels
_OWN = "Semblance"
_LIMITS = Limits(silent_s=60.0, work_s=30.0, more_memory=4 * 2**30)
_MIN_SIDE = 256
_PROFILE = "it has a color profile, which only Semblance applies"
_PARTIAL = "only a part of it could be read"


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as one reader shows it. size: (width, height) as displayed. pixels: uint8 (64, 64, 3)."""

    size: tuple[int, int]
    pixels: NDArray[np.uint8]
    has_profile: bool = False
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A file that others read otherwise.

    Attributes
    ----------
    path
        Relative to the folder.
    kind
        `refused` by Semblance though two others read it alike, or another `size`, or other `pixels`.
    readers
        Who reads it otherwise.
    agreed
        Whether two of them do alike.
    size, other_size
        (width, height) in pixels, as displayed: by Semblance, and by the first of `readers`.
    difference
        Largest mean absolute difference of the pixels from those of `readers`, 0 to 255.
    reason
        Why Semblance refuses the file, or which part it lacks.
    allowed
        Why the pixels may differ.
    """

    path: str
    kind: Literal["refused", "size", "pixels"]
    readers: tuple[str, ...]
    agreed: bool
    size: tuple[int, int] | None = None
    other_size: tuple[int, int] | None = None
    difference: float | None = None
    reason: str | None = None
    allowed: str | None = None


@dataclass(slots=True)
class EndingCounts:
    """Files of one ending. opened: by Semblance. unread: by nobody. refused, size, pixels: disagreements of that kind.
    allowed: those of them that are expected, which are not counted as such."""

    files: int = 0
    opened: int = 0
    unread: int = 0
    refused: int = 0
    size: int = 0
    pixels: int = 0
    allowed: int = 0


@dataclass(slots=True)
class FormatsReport:
    """A folder compared. opened: files by reader. broken: (path, reader, why) where another reader hung or crashed."""

    files: int
    tolerance: float
    opened: dict[str, int] = field(default_factory=dict)
    endings: dict[str, EndingCounts] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)
    broken: list[tuple[str, str, str]] = field(default_factory=list)


@task_keywords
def evaluate_formats(folder: Path, *, tolerance: float = TOLERANCE, task: Task = SILENT) -> FormatsReport:
    """Compares every file below a folder with Pillow, OpenCV and FFmpeg: whether it opens, its size, and its pixels.

    Of a video its first frame is compared. The others read in child processes with limits: one that hangs or crashes
    costs one file.

    Parameters
    ----------
    folder : Path
        Hidden files are left out.
    tolerance : float
        Mean absolute difference of 64 x 64 pixels, 0 to 255, up to which two are alike.
    task : Task
        Receives the progress; once it is cancelled, the report is of the files so far.

    Returns
    -------
    FormatsReport

    Raises
    ------
    DataError
        There are no files.
    LibraryError
        There is no such folder.
    """
    paths = sorted(scan([folder], target=lambda _: True).files)
    if not paths:
        raise DataError(f"There are no files in {folder}: choose another folder.")
    report = FormatsReport(0, tolerance, dict.fromkeys((_OWN, *READERS), 0))
    stage = task.stage("compare", "files")
    for path in paths:
        if task.is_cancelled:
            break
        _compare(report, path, os.path.relpath(path, folder))
        stage.report(report.files, len(paths))
    report.disagreements.sort(
        key=lambda row: (row.allowed is not None, not row.agreed, row.kind != "refused", row.path)
    )
    return report


def _compare(report: FormatsReport, path: str, name: str) -> None:
    """Adds one file to the report."""
    own, others = _read(path), dict[str, Reading]()
    for reader in READERS:
        try:
            if (found := _read_limited(reader, path)) is not None:
                others[reader] = found
        except ApartError as error:
            report.broken.append((name, reader, str(error)))
    counts = report.endings.setdefault(os.path.splitext(path)[1].lower() or "no ending", EndingCounts())
    counts.files, report.files = counts.files + 1, report.files + 1
    is_open = isinstance(own, Reading)
    counts.opened, counts.unread = counts.opened + is_open, counts.unread + (not is_open and not others)
    for reader in [*others, *([_OWN] if is_open else [])]:
        report.opened[reader] += 1
    if (found_row := _judge(name, own, others, report.tolerance)) is not None:
        report.disagreements.append(found_row)
        column = "allowed" if found_row.allowed else found_row.kind
        setattr(counts, column, getattr(counts, column) + 1)


def _judge(name: str, own: Reading | str, others: Mapping[str, Reading], tolerance: float) -> Disagreement | None:
    """own: or the reason of the refusal."""
    if isinstance(own, str):
        alike = _find_alike(others, tolerance)
        if not alike:
            return None
        return Disagreement(name, "refused", alike, True, other_size=others[alike[0]].size, reason=own)
    allowed = _PARTIAL if own.remark else None
    kind: Literal["size", "pixels"] = "size"
    strange = {reader: found for reader, found in others.items() if found.size != own.size}
    if not strange:
        kind = "pixels"
        strange = {reader: found for reader, found in others.items() if _differ(own, found) > tolerance}
        has_profile = any(found.has_profile for found in others.values())
        allowed = allowed or (_PROFILE if has_profile else None)
    if not strange:
        return None
    return Disagreement(
        name, kind, tuple(strange), bool(_find_alike(strange, tolerance)), own.size, next(iter(strange.values())).size,
        max(_differ(own, found) for found in strange.values()), own.remark, allowed,
    )  # fmt: skip


def _find_alike(readings: Mapping[str, Reading], tolerance: float) -> tuple[str, ...]:
    """The first two that are alike; empty if there are none."""
    for first, second in combinations(readings, 2):
        one, other = readings[first], readings[second]
        if one.size == other.size and _differ(one, other) <= tolerance:
            return first, second
    return ()


def _differ(one: Reading, other: Reading) -> float:
    return round(float(np.abs(one.pixels.astype(float) - other.pixels).mean()), 2)


def _read(path: str) -> Reading | str:
    """As Semblance reads a file, or why it does not. A name that says nothing is tried as a picture."""
    kinds = [modality for modality in find_modalities(path) if modality in (PICTURE, VIDEO)] or [PICTURE]
    for number, modality in enumerate(kinds, start=1):
        try:
            return _decode(modality, Path(path), may_be_other=number < len(kinds))
        except OtherKind:
            continue
        except MediaError as error:
            return str(error)
    return "It is of no kind that is indexed."


def _decode(modality: Modality, path: Path, *, may_be_other: bool) -> Reading:
    if modality.is_segmented:
        facts, remark = modality.probe(path), None
        image: Any = modality.draw(path, [0.0], _MIN_SIDE)[0]
    else:
        with modality.decode(path, Wish(_MIN_SIDE, may_be_other=may_be_other)) as decoded:
            image, facts, remark = next(decoded.parts).content, decoded.facts, decoded.remark
    assert isinstance(image, Image.Image)
    return Reading((facts.width or 0, facts.height or 0), shrink(image), remark=remark)


def _read_limited(reader: str, path: str) -> Reading | None:
    """As another reader does, in a child process. Raises ApartError."""
    found = list(stream_limited(read_with, reader, pack_tables(), path, limits=_LIMITS))
    return Reading(**found[0] | {"size": tuple(found[0]["size"])}) if found else None
