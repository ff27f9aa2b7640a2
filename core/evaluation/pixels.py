"""Raw pixels against embeddings of the same pictures: what their distances say, and what is learned from them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.errors import Cancelled
from core.evaluation.datasets import embed_files, read_pairs, require_one_each
from core.explore.clustering import find_clusters
from core.geometry.distance_contrast import (
    Contrast,
    PairDistances,
    compute_pair_distances,
    find_equivalent_dims,
    measure_contrast,
    measure_random_contrast,
)
from core.geometry.linear_probe import InputCurve, measure_input_curve
from core.geometry.raw_pixels import SIDE, RawPixels, load_pixels
from core.library.schema import Item
from core.library.store import Library
from core.library.track import get_item_vectors
from core.media.modalities import PICTURE
from core.progress import OnProgress, Progress

Input = Literal["pixels", "embedding"]
RANDOM_DIMS = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 12288)


@dataclass(frozen=True, eq=False)
class Pictures:
    """n pictures of a library to compare, of `considered` that it holds. vectors: (n, dim) unit rows. labels: (n,) what
    each is, None where unknown; grouped: they are the clusters of these vectors, for want of others.
    """

    items: tuple[Item, ...]
    vectors: Vectors
    labels: tuple[str | None, ...]
    considered: int
    grouped: bool


@dataclass(frozen=True, eq=False)
class InputComparison:
    """The same n pictures as pixels and as embeddings. rows: (n,) which of those given could be read.

    contrast, pairs: of either input; pairs is empty without labels. random: {dimensions: relative contrast} of as many
    random vectors; like: in how many dimensions these have the contrast of either input.
    """

    pixels: RawPixels
    vectors: Vectors
    labels: tuple[str | None, ...]
    contrast: dict[Input, Contrast]
    pairs: dict[Input, PairDistances]
    random: dict[int, float]
    equivalent_dims: dict[Input, float]

    @property
    def rows(self) -> NDArray[np.int64]:
        return self.pixels.rows

    def values(self, which: Input) -> NDArray[np.float32]:
        """(n, numbers) of one input."""
        return self.pixels.values if which == "pixels" else self.vectors


@dataclass(frozen=True, slots=True)
class InputFigures:
    """One input in figures, see `Contrast`, `PairDistances.order` and `InputCurve`. like: see `InputComparison`."""

    contrast: Contrast
    like: float
    order: float | None
    learned: InputCurve


@dataclass(frozen=True, slots=True)
class PixelReport:
    """pictures: measured on. skipped: (picture, reason) of those that could not be read."""

    pictures: int
    classes: int
    encoder: str
    inputs: dict[Input, InputFigures]
    skipped: tuple[tuple[str, str], ...]


def select_images(
    library: Library,
    encoder: Encoder,
    labels: Mapping[str, str],
    *,
    most: int = 1_000,
    cancel: threading.Event | None = None,
) -> Pictures:
    """Up to `most` pictures of a library, a fixed random sample, those with a label (by item id) first. Raises
    DataError where there is none, and Cancelled."""
    index = library.index(encoder)
    here = index.items.take(index.rows_with_vectors)
    here = here.filter(pc.equal(here["kind"], PICTURE.name))
    mixed = np.random.default_rng(0).permutation(len(here))
    ids = here["id"].to_pylist()
    chosen = np.sort(np.array(sorted(mixed, key=lambda row: ids[row] not in labels)[:most], np.int64))
    cached, vectors = get_item_vectors(index, [ids[row] for row in chosen])
    names: list[str | None] = [labels.get(entry) for entry in cached]
    grouped = not labels
    if grouped and len(cached) > 2:
        names = [f"cluster {number}" for number in find_clusters(vectors, cancel=cancel).labels]
    items = tuple(Item.from_row(row) for row in here.take(chosen).to_pylist())
    return Pictures(items, vectors, tuple(names), len(ids), grouped)


def compare_inputs(
    paths: Sequence[str | Path],
    vectors: Vectors,
    labels: Sequence[str | None],
    *,
    side: int = SIDE,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> InputComparison:
    """Reads pictures and compares them with their embeddings (n, dim). labels: (n,), None where unknown; up to a few
    thousand pictures. Raises DataError for fewer than three that can be read, and Cancelled."""
    pixels = load_pixels(paths, side=side, on_progress=on_progress, cancel=cancel)
    vectors, known = vectors[pixels.rows], tuple(labels[row] for row in pixels.rows)
    inputs: dict[Input, NDArray[np.float32]] = {"pixels": pixels.values, "embedding": vectors}
    contrast: dict[Input, Contrast] = {}
    pairs: dict[Input, PairDistances] = {}
    for done, (which, values) in enumerate(inputs.items()):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if on_progress:
            on_progress(Progress("compare", done, 3, 0.0, "steps"))
        contrast[which] = measure_contrast(values, known)
        if (found := compute_pair_distances(values, known)) is not None:
            pairs[which] = found
    random = measure_random_contrast(RANDOM_DIMS, len(vectors))
    like = {which: find_equivalent_dims(entry.relative_contrast, random) for which, entry in contrast.items()}
    return InputComparison(pixels, vectors, known, contrast, pairs, random, like)


def learn_inputs(
    compared: InputComparison, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None
) -> dict[Input, InputCurve]:
    """The learning curve of a linear classifier on either input. Raises DataError, see `measure_input_curve`, and
    Cancelled."""
    found: dict[Input, InputCurve] = {}
    inputs: tuple[Input, ...] = ("embedding", "pixels")
    for done, which in enumerate(inputs):
        if on_progress:
            on_progress(Progress("learn", done, len(inputs), 0.0, "inputs"))
        found[which] = measure_input_curve(compared.values(which), compared.labels, cancel=cancel)
    return found


def evaluate_pixels(
    encoder: Encoder, images: Path, labels: Path, *, side: int = SIDE, on_progress: OnProgress | None = None
) -> PixelReport:
    """Both, on the pictures of a table (columns image, label). Raises DataError."""
    predictions = require_one_each(read_pairs(labels, "image", "label"), labels)
    embedded = embed_files(encoder, images, list(predictions), on_progress=on_progress)
    paths = [images / name for name in embedded.rows]
    compared = compare_inputs(
        paths, embedded.vectors, [predictions[name] for name in embedded.rows], side=side, on_progress=on_progress
    )
    learned = learn_inputs(compared, on_progress=on_progress)
    return PixelReport(
        pictures=len(compared.vectors),
        classes=len(set(compared.labels)),
        encoder=encoder.name,
        inputs={
            which: InputFigures(
                entry,
                compared.equivalent_dims[which],
                compared.pairs[which].order if which in compared.pairs else None,
                learned[which],
            )
            for which, entry in compared.contrast.items()
        },
        skipped=(*embedded.skipped.items(), *compared.pixels.unread),
    )  # fmt: skip
