"""Whether two pictures are copies: resized, compressed again, brightened, mirrored, or cropped.

Stricter than finding a picture in a video (`core.media.pixel_match`): photos taken in quick succession share nearly all
pixels but are two photos. So every part must agree: the worst of 8 x 8 tiles decides, after both pictures are
normalized to the same mean and contrast. A coarse check of small gray pictures comes first and rejects most pairs.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.media.pixel_match import Picture

Thumbprint = NDArray[np.uint8]  # (48, 48), gray, without the aspect ratio

_COARSE_SIDE = 48
_CROPS = (45, 43, 40, 37, 34)  # of 48 pixels: crops from 94 % to 70 % of both sides
_COARSE_LIKENESS = 0.8  # correlation; of 700 pairs of similar photos that are not copies, the best reach 0.79
_ASPECT_TOLERANCE = 1.06  # largest ratio of two aspect ratios that can differ by rounding to pixels
_SIDE = 96
_TILES = 8
_LIKENESS = 0.95
_TILE_DIFFERENCE = 0.5  # of the pictures' contrast; copies stay below 0.4, photos of one scene are above 0.8
_FLAT = 4.0  # gray levels; with less contrast there is nothing to correlate
_CLIPPED = 5  # gray levels from black or white, where brightening may have clipped
_SHARED = 0.3  # least share of a picture that the other must show


def make_thumbprint(image: Image.Image) -> Thumbprint:
    """A picture for the coarse check: 2.3 kB, so that those of a whole library fit in memory."""
    return np.asarray(image.convert("L").resize((_COARSE_SIDE, _COARSE_SIDE), Image.Resampling.BOX), np.uint8)


def may_be_copies(one: Thumbprint, other: Thumbprint) -> bool:
    """The coarse check: False is reliable, True requires the exact check."""
    if max(one.std(), other.std()) < _FLAT:
        return False
    whole = [(_COARSE_SIDE, one, other), (_COARSE_SIDE, one, np.ascontiguousarray(other[:, ::-1]))]
    crops = [(side, *pair) for side in _CROPS for pair in ((one, other), (other, one))]
    return any(_compute_correlation(image, part, side) >= _COARSE_LIKENESS for side, image, part in whole + crops)


def are_copies(one: Picture, other: Picture) -> bool:
    """The exact check: whether two pictures are copies, mirrored or not, complete or cropped."""
    ratios = [picture.pixels.shape[1] / picture.pixels.shape[0] for picture in (one, other)]
    everywhere = np.ones((_SIDE, _SIDE), bool)
    if max(ratios) <= _ASPECT_TOLERANCE * min(ratios) and (
        _same(one.small, other.small, everywhere) or _same(one.small, other.small[:, ::-1], everywhere)
    ):
        return True
    return _is_part(one, other) or _is_part(one, other.mirrored)


def _compute_correlation(image: Thumbprint, part: Thumbprint, side: int) -> float:
    """Correlation at the best position of a part, resized to `side` pixels, in an image."""
    resized = part if side == _COARSE_SIDE else cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA)
    return float(cv2.matchTemplate(image, resized, cv2.TM_CCOEFF_NORMED).max())


def _is_part(one: Picture, other: Picture) -> bool:
    to_one = one.map_from(other)
    if to_one is None:
        return False
    height, width = one.pixels.shape[:2]
    inside = cv2.warpAffine(np.full(other.pixels.shape[:2], 255, np.uint8), to_one, (width, height))
    mapped = cv2.warpAffine(other.pixels, to_one, (width, height), flags=cv2.INTER_AREA)
    mask, small = (cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) for image in (inside, mapped))
    return _same(one.small, small.astype(np.float32), mask > 250)


def _same(one: NDArray[np.float32], other: NDArray[np.float32], mask: NDArray[np.bool_]) -> bool:
    """Whether two pictures (96, 96, 3) agree where the mask is set, after normalization."""
    if mask.mean() < _SHARED:
        return False
    unclipped = mask & _find_unclipped(one) & _find_unclipped(other)
    valid = unclipped if 2 * unclipped.sum() >= mask.sum() else mask
    first, second = one[valid], other[valid]
    contrasts = [float(values.std(axis=0).mean()) for values in (first, second)]
    if max(contrasts) < _FLAT:  # nothing shows that both are of one picture; equal files are found by their hashes
        return False
    normal = [(image - values.mean(axis=0)) / max(contrast, _FLAT)
              for image, values, contrast in zip((one, other), (first, second), contrasts, strict=True)]  # fmt: skip
    if float((normal[0] * normal[1])[valid].mean()) < _LIKENESS:
        return False
    squares = _tiles(np.where(valid, ((normal[0] - normal[1]) ** 2).mean(axis=2), 0))
    coverage = _tiles(valid.astype(np.float32))
    return float(np.sqrt(squares / coverage.clip(1e-6))[coverage > 0.4].max(initial=0.0)) < _TILE_DIFFERENCE


def _find_unclipped(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray(((pixels > _CLIPPED) & (pixels < 255 - _CLIPPED)).all(axis=2))


def _tiles(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Means (8, 8) of the tiles of an array (96, 96)."""
    side = _SIDE // _TILES
    return np.asarray(values.reshape(_TILES, side, _TILES, side).mean(axis=(1, 3)))
