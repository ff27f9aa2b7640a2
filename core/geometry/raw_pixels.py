"""Pictures as raw pixels."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.deprecated import task_keywords
from core.errors import DataError, MediaError
from core.library.schema import Item
from core.media.isolated import open_isolated
from core.progress import SILENT, Task

SIDE = 64
_AT_ONCE = 64
_LARGEST = 256  # 786 kB a picture


@dataclass(frozen=True, eq=False)
class RawPixels:
    """Pictures as raw numbers. values: (n, side * side * 3) float32, 0 to 1, of the middle square, row by row.
    rows: (n,) which of the paths they are of. unread: (path, reason) of those that could not be read.
    """

    values: NDArray[np.float32]
    rows: NDArray[np.int64]
    unread: tuple[tuple[str, str], ...]


@task_keywords
def load_pixels(paths: Sequence[str | Path], *, side: int = SIDE, task: Task = SILENT) -> RawPixels:
    """Reads pictures and shrinks their middle squares to side x side pixels, 1 to 256. Raises DataError for another
    side and where not one can be read, and Cancelled.
    """
    if not 1 <= side <= _LARGEST:
        raise DataError(f"Pictures are shrunk to a side of 1 to {_LARGEST} pixels, not of {side}.")
    values: list[NDArray[np.float32]] = []
    rows: list[int] = []
    unread: list[tuple[str, str]] = []
    stage = task.stage("read", "pictures")

    def read(path: str | Path) -> NDArray[np.float32] | str:
        try:
            return _square(open_isolated(Path(path), min_side=side), side)
        except MediaError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        for first in range(0, len(paths), _AT_ONCE):
            task.check("Stopped before all pictures were read.")
            sample = paths[first : first + _AT_ONCE]
            for row, found in enumerate(pool.map(read, sample), start=first):
                if isinstance(found, str):
                    unread.append((str(paths[row]), found))
                else:
                    values.append(found)
                    rows.append(row)
            stage.report(first + len(sample), len(paths))
    if not values:
        raise DataError("Not one of these pictures can be read: check that their files are still there.")
    return RawPixels(np.stack(values), np.array(rows), tuple(unread))


def to_image(values: NDArray[np.float32]) -> Image.Image:
    """The picture of one row of `RawPixels.values`."""
    side = round((len(values) / 3) ** 0.5)
    return Image.fromarray((values.reshape(side, side, 3) * 255).round().astype(np.uint8))


def _square(image: Image.Image, side: int) -> NDArray[np.float32]:
    width, height = image.size
    short = min(width, height)
    left, top = (width - short) / 2, (height - short) / 2
    square = image.convert("RGB").resize(
        (side, side), Image.Resampling.BICUBIC, box=(left, top, left + short, top + short), reducing_gap=2.0
    )
    return (np.asarray(square, np.float32) / 255.0).ravel()


def full_numbers(items: Sequence[Item]) -> int | None:
    """The median count of numbers of a picture at full size, three per pixel; None if no size is known."""
    found = [3 * item.width * item.height for item in items if item.width and item.height]
    return int(np.median(found)) if found else None
