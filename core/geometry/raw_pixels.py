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
_LARGEST = 256  # 786 kB per picture


@dataclass(frozen=True, eq=False)
class RawPixels:
    """Pictures as raw numbers.

    Attributes
    ----------
    values : array of float32, shape (n, side * side * 3)
        0 to 1, of the center square, row by row.
    rows : array of int64, shape (n,)
        Positions of the pictures in the list of paths.
    unread : tuple of (str, str)
        Path and reason of unreadable pictures.
    """

    values: NDArray[np.float32]
    rows: NDArray[np.int64]
    unread: tuple[tuple[str, str], ...]


@task_keywords
def load_pixels(paths: Sequence[str | Path], *, side: int = SIDE, task: Task = SILENT) -> RawPixels:
    """Reads pictures and reduces their center squares to side x side pixels.

    Parameters
    ----------
    paths : sequence of path-like
    side : int
        1 to 256.
    task : Task, optional

    Returns
    -------
    RawPixels

    Raises
    ------
    DataError
        `side` is out of range, or no picture can be read.
    Cancelled
    """
    if not 1 <= side <= _LARGEST:
        raise DataError(f"Choose a side of 1 to {_LARGEST} pixels, not {side}.")
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
            batch = paths[first : first + _AT_ONCE]
            for row, pixels in enumerate(pool.map(read, batch), start=first):
                if isinstance(pixels, str):
                    unread.append((str(paths[row]), pixels))
                else:
                    values.append(pixels)
                    rows.append(row)
            stage.report(first + len(batch), len(paths))
    if not values:
        raise DataError("None of these pictures can be read: check that their files still exist.")
    return RawPixels(np.stack(values), np.array(rows), tuple(unread))


def to_image(values: NDArray[np.float32]) -> Image.Image:
    """The picture of one row of `RawPixels.values`.

    Parameters
    ----------
    values : array of float32, shape (side * side * 3,)
        0 to 1.

    Returns
    -------
    PIL.Image.Image
    """
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
    """Median number of values of a picture at full size, three per pixel.

    Parameters
    ----------
    items : sequence of Item

    Returns
    -------
    int or None
        None if no size is known.
    """
    counts = [3 * item.width * item.height for item in items if item.width and item.height]
    return int(np.median(counts)) if counts else None
