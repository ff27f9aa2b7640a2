"""Whether two pictures are copies of one: resized, compressed again, brightened, mirrored, or a part cut out of it.

Stricter than finding a picture in a video (`core.media.pixel_match`): photos taken one after the other share nearly all
their
pixels, and still are two photos. So no part of the picture may differ: the worst of 8 x 8 tiles decides, once both
have the same mean and contrast. A rough look at small grey pictures comes first, and spares most pairs the exact one.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.media.pixel_match import Picture

Thumbprint = NDArray[np.uint8]  # (48, 48), grey, squeezed

_COARSE_SIDE = 48
_CUTS = (45, 43, 40, 37, 34)  # of 48 pixels: parts from 94 % to 70 % of both sides
_COARSE_LIKENESS = 0.8  # correlation; of 700 pairs of photos that are alike, the best that are no copies reach 0.79
_TURNED = 1.06  # sides whose ratio differs by up to 6 % may be the same picture, squeezed by a pixel or two
_SIDE = 96
_TILES = 8
_LIKENESS = 0.95
_TILE_DIFFERENCE = 0.5  # of the pictures' contrast; copies stay below 0.4, photos of one scene are above 0.8
_FLAT = 4.0  # grey levels of contrast below which there is nothing to correlate
_CLIPPED = 5  # grey levels from black or white, where brightening has cut something off
_SHARED = 0.3  # of a picture that the other must show


def make_thumbprint(image: Image.Image) -> Thumbprint:
    """A picture as the rough look needs it: 2.3 kB, so that those of a whole library fit in memory."""
    return np.asarray(image.convert("L").resize((_COARSE_SIDE, _COARSE_SIDE), Image.Resampling.BOX), np.uint8)


def may_be_copies(one: Thumbprint, other: Thumbprint) -> bool:
    """Whether two may be copies: False is certain enough, True wants the exact look."""
    if max(one.std(), other.std()) < _FLAT:
        return False
    upright = [(_COARSE_SIDE, one, other), (_COARSE_SIDE, one, np.ascontiguousarray(other[:, ::-1]))]
    cuts = [(side, *pair) for side in _CUTS for pair in ((one, other), (other, one))]
    return any(_compute_correlation(whole, part, side) >= _COARSE_LIKENESS for side, whole, part in upright + cuts)


def are_copies(one: Picture, other: Picture) -> bool:
    """Whether two are copies by their pixels: as they are or mirrored, whole or one a part of the other."""
    ratios = [entry.pixels.shape[1] / entry.pixels.shape[0] for entry in (one, other)]
    everywhere = np.ones((_SIDE, _SIDE), bool)
    if max(ratios) <= _TURNED * min(ratios) and (
        _same(one.small, other.small, everywhere) or _same(one.small, other.small[:, ::-1], everywhere)
    ):
        return True
    return _is_part(one, other) or _is_part(one, other.mirrored)


def _compute_correlation(whole_image: Thumbprint, part: Thumbprint, side: int) -> float:
    """Of the best place of a part, squeezed to `side` pixels, in a whole."""
    squeezed = part if side == _COARSE_SIDE else cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA)
    return float(cv2.matchTemplate(whole_image, squeezed, cv2.TM_CCOEFF_NORMED).max())


def _is_part(one: Picture, other: Picture) -> bool:
    to_one = one.map_from(other)
    if to_one is None:
        return False
    height, width = one.pixels.shape[:2]
    inside = cv2.warpAffine(np.full(other.pixels.shape[:2], 255, np.uint8), to_one, (width, height))
    mapped = cv2.warpAffine(other.pixels, to_one, (width, height), flags=cv2.INTER_AREA)
    mask, small = (cv2.resize(entry, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) for entry in (inside, mapped))
    return _same(one.small, small.astype(np.float32), mask > 250)


def _same(one: NDArray[np.float32], other: NDArray[np.float32], mask: NDArray[np.bool_]) -> bool:
    """Whether two (96, 96, 3) show the same where the mask is set, whatever their brightness and contrast."""
    if mask.mean() < _SHARED:
        return False
    unclipped = mask & _find_unclipped(one) & _find_unclipped(other)
    counted = unclipped if 2 * unclipped.sum() >= mask.sum() else mask
    first, second = one[counted], other[counted]
    spreads = [float(entry.std(axis=0).mean()) for entry in (first, second)]
    if max(spreads) < _FLAT:  # nothing shows that both are of one picture; equal files are found by their hashes
        return False
    normal = [(entry - part.mean(axis=0)) / max(spread, _FLAT)
              for entry, part, spread in zip((one, other), (first, second), spreads, strict=True)]  # fmt: skip
    if float((normal[0] * normal[1])[counted].mean()) < _LIKENESS:
        return False
    squares = _tiles(np.where(counted, ((normal[0] - normal[1]) ** 2).mean(axis=2), 0))
    filled = _tiles(counted.astype(np.float32))
    return float(np.sqrt(squares / filled.clip(1e-6))[filled > 0.4].max(initial=0.0)) < _TILE_DIFFERENCE


def _find_unclipped(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray(((pixels > _CLIPPED) & (pixels < 255 - _CLIPPED)).all(axis=2))


def _tiles(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """(96, 96) to the means of (8, 8) tiles."""
    side = _SIDE // _TILES
    return np.asarray(values.reshape(_TILES, side, _TILES, side).mean(axis=(1, 3)))
