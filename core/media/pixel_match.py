"""Decides by pixels whether two pictures are copies: resized, compressed again, or a part cut out of the other.

Plain copies match once both are small. For others, local features (ORB, Rublee et al. 2011) are matched and RANSAC fits
an affine map between them. Then the overlaid pixels decide: two photos of one place share features, but not pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]  # (height, width, 3), RGB

_SIDE = 480  # pixels of the longer side, for features
_SMALL = 96  # pixels of both sides, for the overlay: compression does not show at this size
_TILES = 6
_TURNED = 1.06  # sides whose ratio differs by up to 6 % may be the same picture, squeezed by a pixel or two
_FEATURES = 1_000
_RATIO = 0.8  # Lowe's test: the best match must be this much nearer than the second
_INLIERS = 12
_MAP_ERROR = 3.0  # pixels
_SQUEEZED = 1.5  # a map that stretches one side so much more than the other is an accident
_COVERED = 0.75  # of the smaller of the two that must lie within the larger
_SMALLEST = 0.1  # of the larger that must be shared
_NEAR_EXACT = 0.9  # correlation of the pixels
_ODD_TILES = 0.1  # share of the tiles that may differ: a logo, a subtitle
_TILE_DIFFERENCE = 0.5  # of the picture's own contrast, root mean square
_FLAT = 4.0  # gray levels of contrast below which there is nothing to correlate


@dataclass(frozen=True, slots=True)
class Match:
    """Two pictures that are copies.

    Attributes
    ----------
    likeness : float
        Correlation of their pixels, 0 to 1.
    whole : bool
        Neither is cropped.
    """

    likeness: float
    whole: bool


class Picture:
    """A picture that is compared with many others.

    Parameters
    ----------
    image : PIL.Image.Image
    """

    def __init__(self, image: Image.Image) -> None:
        scale = min(1.0, _SIDE / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        self.pixels: Pixels = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BOX))

    @cached_property
    def small(self) -> NDArray[np.float32]:
        """(96, 96, 3): the whole picture, squeezed."""
        return _small(self.pixels)

    @cached_property
    def features(self) -> tuple[NDArray[np.float32], Pixels | None]:
        """Points (n, 2) and their descriptors (n, 32), None where there are none."""
        gray = cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY)
        points, descriptors = cv2.ORB.create(_FEATURES, fastThreshold=8).detectAndCompute(gray, None)
        found = np.array([point.pt for point in points], np.float32).reshape(-1, 2)
        return found, None if descriptors is None else np.asarray(descriptors, np.uint8)

    @cached_property
    def mirrored(self) -> Picture:
        """The picture with left and right exchanged."""
        return Picture(Image.fromarray(self.pixels[:, ::-1]))

    def whole_match(self, frame: Picture) -> Match | None:
        """Compares whole pictures of any sizes; None if they are not copies."""
        ratios = [entry.pixels.shape[1] / entry.pixels.shape[0] for entry in (self, frame)]
        if max(ratios) > _TURNED * min(ratios):
            return None
        likeness = _overlay_difference(self.small, frame.small, np.ones((_SMALL, _SMALL), bool))
        return Match(likeness, True) if likeness is not None else None

    def distance(self, frame: Picture) -> float:
        """Mean difference of the two at the same small size, in gray levels: how still a video is."""
        return float(np.abs(self.small - frame.small).mean())

    def is_part_of(self, frame: Picture) -> bool:
        """Whether the features match; the pixels may still differ."""
        return self.map_from(frame) is not None

    def part_match(self, frame: Picture) -> Match | None:
        """Compares parts: the frame is mapped onto this picture. None if they are not copies."""
        to_picture = self.map_from(frame)
        if to_picture is None:
            return None
        height, width = self.pixels.shape[:2]
        inside = cv2.warpAffine(np.ones(frame.pixels.shape[:2], np.uint8), to_picture, (width, height))
        areas = height * width, frame.pixels[..., 0].size * float(np.linalg.det(to_picture[:, :2]))
        if inside.sum() < max(_COVERED * min(areas), _SMALLEST * max(areas)):
            return None
        mapped = cv2.warpAffine(frame.pixels, to_picture, (width, height), flags=cv2.INTER_AREA)
        mask = cv2.resize(inside, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA) > 0
        likeness = _overlay_difference(self.small, _small(mapped), mask)
        return Match(likeness, False) if likeness is not None else None

    def map_from(self, frame: Picture) -> NDArray[np.float64] | None:
        """The affine map (2, 3) from a frame's pixels to this picture's; None if too few features agree."""
        (points, mine), (frame_points, theirs) = self.features, frame.features
        if mine is None or theirs is None or min(len(mine), len(theirs)) < _INLIERS:
            return None
        pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(mine, theirs, k=2)
        good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
        if len(good) < _INLIERS:
            return None
        found: Any = cv2.estimateAffine2D(
            frame_points[[entry.trainIdx for entry in good]],
            points[[entry.queryIdx for entry in good]],
            method=cv2.RANSAC,
            ransacReprojThreshold=_MAP_ERROR,
        )
        matrix, inliers = found
        if matrix is None or int(inliers.sum()) < _INLIERS:
            return None
        longest, shortest = np.linalg.svd(matrix[:, :2], compute_uv=False)
        mirrored = np.linalg.det(matrix[:, :2]) <= 0
        return None if mirrored or longest > _SQUEEZED * shortest else matrix


def _small(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return cv2.resize(pixels, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA).astype(np.float32)


def _overlay_difference(one: NDArray[np.float32], other: NDArray[np.float32], mask: NDArray[np.bool_]) -> float | None:
    """Correlation of two small pictures where the mask is set; None if they are not copies."""
    first, second = one[mask], other[mask]
    first_mean, second_mean = first.mean(axis=0), second.mean(axis=0)
    contrast = float((first - first_mean).std())
    if contrast < _FLAT:  # one plain color
        distance = float(np.abs(first - second).mean())
        return 1 - distance / 255 if distance < _FLAT else None
    difference = (one - first_mean) - (other - second_mean)
    likeness = float(((first - first_mean) * (second - second_mean)).mean()) / (
        contrast * float((second - second_mean).std()) + 1e-6
    )
    squares = _tiles(np.where(mask[..., None], difference**2, 0).mean(axis=2))
    filled = _tiles(mask.astype(np.float32))
    odd = np.sqrt(squares / filled.clip(1e-6))[filled > 0.5] > _TILE_DIFFERENCE * contrast
    return min(1.0, likeness) if likeness >= _NEAR_EXACT and odd.mean() <= _ODD_TILES else None


def _tiles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(96, 96) to the means of (6, 6) tiles."""
    side = _SMALL // _TILES
    return np.asarray(values.reshape(_TILES, side, _TILES, side).mean(axis=(1, 3)), np.float32)
