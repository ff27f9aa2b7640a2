"""How sharp, bright and rich in contrast pictures are, and which are blurred, too dark or too small.

Sharpness is that of the second derivative (Pech-Pacheco et al. 2000, variance of the Laplacian) with two changes, both
chosen on 500 photos: of 8 x 8 tiles the second sharpest decides, since a background may be soft and a subject small
before an empty sky; and of four directions the least, since a shaken photo stays sharp along its movement. Blurred
photos (Gaussian, of 1.5 pixels at this size, or moved by 9) are told from the others with an AUC of 0.9999; the plain
variance tells the moved ones by 0.97, and those with some noise by 0.98.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from core.config import get_home
from core.errors import MediaError
from core.library.schema import Item
from core.library.session_folders import get_visit_folder
from core.media.isolated import open_isolated
from core.media.modalities import PICTURE
from core.previews.cache import is_as_indexed
from core.progress import SILENT, Task
from core.utils.files import locked, write_atomic

BLURRED = 9.0  # grey levels; one of 1,000 photos is below, and nearly all blurred ones, even with noise
DARK = 0.12  # mean brightness; photos taken at night are about 0.15 to 0.25
SMALL = 200  # pixels of the shorter side: fewer than most encoders look at

_SIDE = 256  # pixels of the shorter side at which pictures are measured: blur that does not show there is none
_TILES = 8
_DECIDES = 2  # the second sharpest: one may be a mark or a caption
_LIT = 200.0  # grey level of the brightest hundredth: a darker picture is measured as if it were lit so,
_BRIGHTER = 8.0  # made brighter at most so many times: dark is not blurred
_DIAGONAL = np.diag([1.0, -2.0, 1.0]).astype(np.float32) / np.float32(np.sqrt(2))
_ALONG = np.array([[0, 0, 0], [1, -2, 1], [0, 0, 0]], np.float32)
_DIRECTIONS = (_ALONG, np.ascontiguousarray(_ALONG.T), _DIAGONAL, np.ascontiguousarray(_DIAGONAL[::-1]))
_THREADS = 4
_BATCH = 64  # pictures between two looks at whether to stop
_SAVED_EVERY = 4_096  # files, so that work that is stopped or killed is not lost


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """Of one picture. sharpness: grey levels, from 0; blurred ones are below about 9, sharp ones at 20 to 70.

    brightness: the mean, 0 black to 1 white. contrast: standard deviation of the grey values, 0 to 0.5.
    """

    sharpness: float
    brightness: float
    contrast: float


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The pictures that were measured with what was found, and those that cannot be read, each with its reason."""

    items: tuple[Item, ...]
    qualities: tuple[PictureQuality, ...]
    unreadable: tuple[tuple[Item, str], ...] = ()

    def find_blurred(self, below: float = BLURRED) -> list[tuple[Item, PictureQuality]]:
        """Those of less sharpness, the most blurred first."""
        found = [pair for pair in self._pairs() if pair[1].sharpness < below]
        return sorted(found, key=lambda pair: pair[1].sharpness)

    def find_dark(self, below: float = DARK) -> list[tuple[Item, PictureQuality]]:
        """Those of less brightness, the darkest first."""
        found = [pair for pair in self._pairs() if pair[1].brightness < below]
        return sorted(found, key=lambda pair: pair[1].brightness)

    def find_small(self, below: int = SMALL) -> list[tuple[Item, PictureQuality]]:
        """Those whose shorter side has fewer pixels, the smallest first."""
        found = [pair for pair in self._pairs() if shorter_side(pair[0]) < below]
        return sorted(found, key=lambda pair: shorter_side(pair[0]))

    def _pairs(self) -> Iterator[tuple[Item, PictureQuality]]:
        return zip(self.items, self.qualities, strict=True)


def shorter_side(item: Item) -> int:
    """Pixels of a picture's shorter side, as displayed; 0 where they are not known."""
    return min(item.width or 0, item.height or 0)


def compute_quality(image: Image.Image) -> PictureQuality:
    """Measures a picture of any size, in RGB."""
    scale = min(1.0, _SIDE / min(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    gray = cv2.resize(np.asarray(image.convert("L"), np.float32), size, interpolation=cv2.INTER_AREA)
    gain = max(1.0, _LIT / max(float(np.percentile(gray, 99)), _LIT / _BRIGHTER))
    energies = []
    for kernel in _DIRECTIONS:
        squares = cv2.filter2D(gray, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE) ** 2
        tiles = cv2.resize(squares, (_TILES, _TILES), interpolation=cv2.INTER_AREA)
        energies.append(np.sort(tiles, axis=None)[-_DECIDES])
    return PictureQuality(
        round(gain * float(np.sqrt(min(energies))), 2),
        round(float(gray.mean()) / 255, 4),
        round(float(gray.std()) / 255, 4),
    )


def measure_quality(items: Sequence[Item], *, task: Task = SILENT) -> QualityReport:
    """Measures the pictures among some items; videos are passed over. Content that was measured before is not read.

    Ends early, with what there is, when `task` is cancelled; that is kept too.
    """
    stage = task.stage("quality", "pictures")
    pictures = [item for item in items if item.kind == PICTURE.name]
    cached = {content: PictureQuality(*values) for content, values in load_cached_qualities().items()}
    found: dict[str, PictureQuality] = {}
    fresh: dict[str, PictureQuality] = {}
    unreadable: list[tuple[Item, str]] = []
    waiting = []
    for item in pictures:
        if item.content_hash in cached:
            found[item.id] = cached[item.content_hash]
        else:
            waiting.append(item)
    remaining = iter(waiting)
    with ThreadPoolExecutor(_THREADS, "quality") as pool:
        while not task.is_cancelled and (batch := list(islice(remaining, _BATCH))):
            for item, predictions in zip(batch, pool.map(_measure_item, batch), strict=True):
                if isinstance(predictions, str):
                    unreadable.append((item, predictions))
                    continue
                found[item.id] = predictions
                if item.content_hash and is_as_indexed(item) and get_visit_folder(item.path) is None:
                    fresh[item.content_hash] = predictions
            if len(fresh) >= _SAVED_EVERY:
                _save(fresh)
            done = len(found) + len(unreadable)
            stage.report(done, len(pictures))
    _save(fresh)
    measured = tuple(item for item in pictures if item.id in found)
    return QualityReport(measured, tuple(found[item.id] for item in measured), tuple(unreadable))


def _measure_item(item: Item) -> PictureQuality | str:
    """Of one file; where it cannot be read, why."""
    try:
        return compute_quality(open_isolated(Path(item.path), min_side=_SIDE))
    except MediaError as error:
        return str(error)


def _save(fresh: dict[str, PictureQuality]) -> None:
    """Keeps what is new, and forgets that it is."""
    store_qualities({content: (entry.sharpness, entry.brightness, entry.contrast) for content, entry in fresh.items()})
    fresh.clear()


Values = tuple[float, float, float]  # sharpness, brightness, contrast

_VERSION = 1  # of how they are measured: others are forgotten
_MAX_CACHED = 300_000  # pictures; then the first that were measured go


def load_cached_qualities() -> dict[str, Values]:
    """What is kept, by content hash; empty where nothing is or the file is damaged (it can be measured again)."""
    try:
        predictions = json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}
    if (
        not isinstance(predictions, dict)
        or predictions.get("version") != _VERSION
        or not isinstance(predictions.get("pictures"), dict)
    ):
        return {}
    return {content: tuple(values) for content, values in predictions["pictures"].items() if _is_whole(values)}


def store_qualities(fresh: Mapping[str, Values]) -> None:
    """Adds to what is kept. A read-only home or a full disk costs speed, no more."""
    if not fresh:
        return
    with contextlib.suppress(OSError), locked(_file()):
        pictures = list({**load_cached_qualities(), **fresh}.items())[-_MAX_CACHED:]
        data = json.dumps({"version": _VERSION, "pictures": dict(pictures)}, separators=(",", ":")).encode()
        write_atomic(_file(), data)


def _is_whole(values: object) -> bool:
    return (
        isinstance(values, list)
        and len(values) == 3
        and all(isinstance(value, (int, float)) and math.isfinite(value) for value in values)
    )


def _file() -> Path:
    return get_home() / "picture-quality.json"
