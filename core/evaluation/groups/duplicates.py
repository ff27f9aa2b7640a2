"""Precision and recall of duplicates: photos are changed in five ways, and the copies are searched among all photos."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from core.cleanup.duplicates import Duplicates, find_duplicates
from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError, MediaError
from core.library import Library, ingest
from core.library.points import Points, load_points
from core.media.images import open_image
from core.media.kinds import is_image_path
from core.progress import SILENT, Task

_CROP = 0.9  # of both sides

Change = Callable[[Image.Image, random.Random], tuple[Image.Image, int]]  # the copy, and the quality of its JPEG


@dataclass(frozen=True, slots=True)
class ChangeFigures:
    """Figures of one kind of change, 0 to 1.

    recall: share of copies in one group with their photo. precision: share of photos in a group with a copy that are
    its original.
    """

    copies: int
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
    """Figures by change. unplanted: file names of groups among the photos themselves, which may be true copies."""

    photos: int
    changes: dict[str, ChangeFigures]
    unplanted: tuple[tuple[str, ...], ...]
    encoder: str


def photo_names(folder: Path, count: int | None = None) -> list[str]:
    """Sorted names of the pictures below a folder; at most `count`, a fixed random choice. Raises DataError if none."""
    names = sorted(
        str(Path(root, name).relative_to(folder))
        for root, _, files in os.walk(folder)
        for name in files
        if is_image_path(name)
    )
    if not names:
        raise DataError(f"There are no pictures in {folder}: choose another folder.")
    return names if count is None or count >= len(names) else sorted(random.Random(0).sample(names, max(1, count)))


@task_keywords
def evaluate_duplicates(encoder: Encoder, images: Path, *, count: int = 200, task: Task = SILENT) -> DuplicatesReport:
    """Makes copies of photos of a folder, and searches for those of each kind of change in turn.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    count : int
        Photos to copy, a fixed random choice.
    task : Task, optional

    Returns
    -------
    DuplicatesReport

    Raises
    ------
    DataError
        The folder has no readable pictures.
    """
    names = photo_names(images)
    chosen = photo_names(images, count)
    with tempfile.TemporaryDirectory() as place:
        owners = _write_copies(images, chosen, Path(place, "copies"))
        library = Library(Path(place, "library"), create=True)
        files = [images / name for name in names]
        ingest(library, encoder, [*files, Path(place, "copies")], task=task)
        points = load_points(library, encoder)
        paths = [str(path) for path in points.column("path")]
        rows = {path: row for row, path in enumerate(paths)}
        planted = {
            change: {rows[copy]: rows[photo] for copy, photo in copies.items() if copy in rows and photo in rows}
            for change, copies in owners.items()
        }
        all_copies = {row for copies in planted.values() for row in copies}
        photos = np.array([row for row in range(len(points)) if row not in all_copies])
        unplanted = _find_groups(points, photos, task)
        changes = {
            change: _measure(copies, _find_groups(points, np.append(photos, list(copies)), task))
            for change, copies in planted.items()
        }
    return DuplicatesReport(
        photos=len(photos),
        changes=changes,
        unplanted=tuple(tuple(Path(paths[row]).name for row in group) for group in unplanted),
        encoder=encoder.name,
    )


def _find_groups(points: Points, rows: NDArray[np.int64], task: Task) -> list[list[int]]:
    """Groups of copies among some of the points."""
    sample = replace(
        points, vectors=points.vectors[rows], item_rows=points.item_rows[rows], start_s=points.start_s[rows]
    )
    groups: list[Duplicates] = find_duplicates(sample, task=task)
    return [[int(rows[number]) for number in group.numbers] for group in groups]


def _measure(copies: dict[int, int], groups: list[list[int]]) -> ChangeFigures:
    """Figures of one change. copies: row of the photo by row of its copy."""
    correct = pairs = 0
    for group in groups:
        photos = {row for row in group if row not in copies}
        for copy in (row for row in group if row in copies):
            pairs += len(photos)
            correct += copies[copy] in photos
    precision, recall = correct / pairs if pairs else 0.0, correct / max(1, len(copies))
    return ChangeFigures(len(copies), round(precision, 4), round(recall, 4))


def _write_copies(images: Path, names: list[str], place: Path) -> dict[str, dict[str, str]]:
    """Writes copies of readable photos: change -> path of each copy -> path of its photo."""
    originals: dict[str, dict[str, str]] = {change: {} for change in _CHANGES}
    for number, name in enumerate(names):
        try:
            photo = open_image(images / name)
        except MediaError:
            continue
        for change, apply in _CHANGES.items():
            path = place / change / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            copy, quality = apply(photo, random.Random(f"{change} {number}"))
            copy.save(path, quality=quality)
            originals[change][str(path)] = os.path.abspath(images / name)
    return originals


def _resize(photo: Image.Image, rng: random.Random) -> tuple[Image.Image, int]:
    scale = rng.uniform(0.35, 0.8)
    size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    return photo.resize(size, Image.Resampling.LANCZOS), 90


def _recompress(photo: Image.Image, rng: random.Random) -> tuple[Image.Image, int]:
    return photo, rng.randint(15, 50)


def _brighten(photo: Image.Image, rng: random.Random) -> tuple[Image.Image, int]:
    factor = rng.choice([rng.uniform(0.6, 0.85), rng.uniform(1.15, 1.4)])
    return ImageEnhance.Brightness(photo).enhance(factor), 90


def _mirror(photo: Image.Image, rng: random.Random) -> tuple[Image.Image, int]:
    return ImageOps.mirror(photo), 90


def _crop(photo: Image.Image, rng: random.Random) -> tuple[Image.Image, int]:
    width, height = round(photo.width * _CROP), round(photo.height * _CROP)
    left, top = rng.randint(0, photo.width - width), rng.randint(0, photo.height - height)
    return photo.crop((left, top, left + width, top + height)), 90


_CHANGES: dict[str, Change] = {
    "resized": _resize,
    "recompressed": _recompress,
    "brightness": _brighten,
    "cropped": _crop,
    "mirrored": _mirror,
}
