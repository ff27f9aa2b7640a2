"""The photos that the training sees and those for figures, after the frozen part of the image tower."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from alignment_data import Captions, Photos, calibrate, extract, read_captions, read_views
from alignment_report import read_labels
from alignment_wide import FREE, Wide, read_wide
from alignment_words import class_names
from tqdm import tqdm

from core.encoders.embedded.image_tower import LAST_BLOCK, image_tower
from core.encoders.embedded.quantize import quantize

SIZE = 260
_CALIBRATION_PHOTOS = 128  # of each folder
_SMALLEST = 0.25  # share of the area of a wide photo that a view shows at least: a flower must fill the picture
_CUT = f"_blocks.{LAST_BLOCK - 1}.sum"


@dataclass(frozen=True)
class Data:
    """Photos that the training sees, and those that figures are measured on.

    `wide`: all wide photos, of which `held` are for figures alone and `used` are trained on.
    """

    train: Captions
    dev: Captions
    wide: Wide
    held: np.ndarray
    used: np.ndarray
    labelled: list[Path]
    label: np.ndarray

    @property
    def calibration(self) -> list[Path]:
        """Photos that tell the ranges of the activations."""
        wide = self.wide.part(~self.held).captions.photos
        return [path for photos in (self.train.photos, wide) for path in _some(photos)]


@dataclass(frozen=True)
class Seen:
    """The same photos after the frozen part of the image tower."""

    train: Photos
    dev: Photos
    wide: Photos
    labelled: Photos | None


class Extractor:
    """Photos through the frozen tower, in 8 bits as the encoder runs it; kept in `cache` between runs where given."""

    def __init__(self, folded: dict[str, np.ndarray], pixels: np.ndarray, cache: Path | None) -> None:
        tower = image_tower(folded, size=SIZE)
        self._tower: onnx.ModelProto = quantize(tower, calibrate(tower, pixels))
        self._cache = cache

    def __call__(self, what: str, paths: list[Path], views: int, *, smallest: float = 0.5) -> Photos:
        """views, smallest: see `read_views`."""
        key = hashlib.sha256("".join(path.name for path in paths).encode()).hexdigest()[:12]
        path = self._cache / f"{what}-{views}-{smallest}-{SIZE}-{key}.npz" if self._cache else None
        if path and path.is_file():
            with np.load(path, allow_pickle=False) as cached:
                return Photos(cached["maps"], cached["features"], float(cached["step"]), float(cached["zero"]))
        with tqdm(total=len(paths), desc=what, unit="photo", mininterval=5) as bar:
            tick: Callable[[int], None] = lambda done: bar.update(done - bar.n)  # noqa: E731
            photos = extract(self._tower, paths, cut=_CUT, size=SIZE, views=views, smallest=smallest, tick=tick)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, maps=photos.maps, features=photos.features, step=photos.step, zero=photos.zero)
        return photos


def read_data(folder: Path, *, free: bool) -> Data:
    """Reads the tables. free: of the wide photos, only sets whose licence allows commercial use and passing on."""
    wide, held = read_wide(folder / "wide")
    used = ~held & np.isin(wide.sets, FREE) if free else ~held
    labelled = folder / "labelled"
    paths, label = read_labels(labelled, class_names()) if labelled.is_dir() else ([], np.empty(0, np.int64))
    train, dev = (read_captions(folder / "flickr8k", split) for split in ("train", "dev"))
    return Data(train, dev, wide, held, used, paths, label)


def see(data: Data, photos_of: Extractor, *, views: int, wide_views: int) -> Seen:
    """views, wide_views: how many of each training photo."""
    labelled = photos_of("labelled", data.labelled, 1) if data.labelled else None
    wide = photos_of("wide", data.wide.captions.photos, wide_views, smallest=_SMALLEST)
    train = photos_of("train", data.train.photos, views)
    return Seen(train, photos_of("dev", data.dev.photos, 1), wide, labelled)


def hold_out(data: Data, seen: Seen, count: int) -> tuple[Data, Seen]:
    """`count` training photos of Flickr8k in the place of `dev`."""
    held = np.zeros(len(data.train.photos), bool)
    held[np.random.default_rng(1).permutation(len(held))[:count]] = True
    data = replace(data, train=data.train.part(~held), dev=data.train.part(held))
    return data, replace(seen, train=seen.train.part(~held), dev=seen.train.part(held))


def _some(photos: list[Path]) -> list[Path]:
    return [photos[index] for index in np.random.default_rng(0).permutation(len(photos))[:_CALIBRATION_PHOTOS]]


def calibration_pixels(paths: list[Path]) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([read_views(path, SIZE, 1, rng)[0] for path in paths])
