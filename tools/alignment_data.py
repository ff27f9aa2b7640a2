"""What the training reads: captions, and photos as maps of the frozen image tower."""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from core.encoders.embedded.quantize import QUANTIZED_OPS

_BATCH = 16


@dataclass(frozen=True)
class Captions:
    """Photos in order, and each caption with the index of its photo."""

    photos: list[Path]
    texts: list[str]
    owner: NDArray[np.int64]

    def part(self, chosen: NDArray[np.bool_]) -> Captions:
        """Only the chosen photos, with their captions."""
        place = np.cumsum(chosen) - 1
        rows = np.flatnonzero(chosen[self.owner])
        photos = [path for path, taken in zip(self.photos, chosen, strict=True) if taken]
        return Captions(photos, [self.texts[row] for row in rows], place[self.owner[rows]])


@dataclass(frozen=True)
class Photos:
    """Per photo and view: the map before the last block in 8 bits (n, views, places, channels), and the original
    features (n, views, 1280). `step` and `zero` take the map back to floats: (map - zero) * step."""

    maps: NDArray[np.uint8]
    features: NDArray[np.float16]
    step: float
    zero: float

    def part(self, chosen: NDArray[np.bool_]) -> Photos:
        """Only the chosen photos."""
        return Photos(self.maps[chosen], self.features[chosen], self.step, self.zero)


def read_captions(folder: Path, split: str) -> Captions:
    """`captions.csv` (image, caption, split) of a folder with `images/`."""
    with (folder / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    names = sorted({row["image"] for row in rows})
    index = {name: position for position, name in enumerate(names)}
    owner = np.array([index[row["image"]] for row in rows])
    return Captions([folder / "images" / name for name in names], [row["caption"] for row in rows], owner)


def calibrate(model: onnx.ModelProto, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Lowest and highest value of every tensor that `quantize` needs, over pictures (n, size, size, 3)."""
    watched = copy.deepcopy(model)
    names = ["scaled", *(node.output[0] for node in model.graph.node if node.op_type in QUANTIZED_OPS)]
    for name in names:
        watched.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL  # or fused tensors are gone
    session = ort.InferenceSession(watched.SerializeToString(), options)
    lows, highs = [], []
    for start in range(0, len(pixels), _BATCH):
        values = session.run(names, {"pixels": pixels[start : start + _BATCH]})
        lows.append([value.min() for value in values])
        highs.append([value.max() for value in values])
    ends = zip(np.min(lows, axis=0), np.max(highs, axis=0), strict=True)
    return {name: np.array(pair, np.float32) for name, pair in zip(names, ends, strict=True)}


def read_views(
    path: Path, size: int, views: int, rng: np.random.Generator, *, smallest: float = 0.5
) -> list[NDArray[np.uint8]]:
    """The middle square, its mirror image, then random crops of the share `smallest` of the area or more, each
    (size, size, 3)."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    side = min(width, height)
    whole = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    boxes = [whole, whole] + [_random_box(width, height, smallest, rng) for _ in range(views - 2)]
    found = []
    for index, box in enumerate(boxes[:views]):
        pixels = np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box=box))
        found.append(pixels[:, ::-1] if index == 1 or (index > 1 and rng.random() < 0.5) else pixels)
    return found


def _random_box(
    width: int, height: int, smallest: float, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    area = rng.uniform(smallest, 1.0) * width * height
    aspect = np.exp(rng.uniform(np.log(0.8), np.log(1.25)))
    w, h = min(width, np.sqrt(area * aspect)), min(height, np.sqrt(area / aspect))
    left, top = rng.uniform(0, width - w), rng.uniform(0, height - h)
    return left, top, left + w, top + h


def extract(
    model: onnx.ModelProto,
    photos: Sequence[Path],
    *,
    cut: str,
    size: int,
    views: int,
    smallest: float,
    tick: Callable[[int], None],
) -> Photos:
    """Runs the quantised tower over views of photos (see `read_views`). cut: the tensor that the tuned branch starts
    from."""
    watched = copy.deepcopy(model)
    codes = f"{cut}_QuantizeLinear_Output"
    watched.graph.output.append(onnx.helper.make_empty_tensor_value_info(codes))
    session = ort.InferenceSession(watched.SerializeToString())
    constants = {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}
    (node,) = (node for node in model.graph.node if codes in node.output)
    rng = np.random.default_rng(0)
    maps, features = [], []
    for start in range(0, len(photos), _BATCH):
        batch = photos[start : start + _BATCH]
        pixels = [view for path in batch for view in read_views(path, size, views, rng, smallest=smallest)]
        pooled, coded = session.run(["features", codes], {"pixels": np.stack(pixels)})
        maps.append(coded.reshape(-1, views, coded.shape[1], coded.shape[2] * coded.shape[3]).transpose(0, 1, 3, 2))
        features.append(pooled.reshape(-1, views, pooled.shape[1]).astype(np.float16))
        tick(min(start + _BATCH, len(photos)))
    step, zero = float(constants[node.input[1]]), float(constants[node.input[2]])
    return Photos(np.ascontiguousarray(np.concatenate(maps)), np.concatenate(features), step, zero)
