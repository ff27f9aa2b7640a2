"""Raw pixels against embeddings of the same pictures: what their distances say, and what is learned from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
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
from core.progress import SILENT, Task
from core.utils.path_matching import find_file

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


@task_keywords
def select_images(
    library: Library, encoder: Encoder, labels: Mapping[str, str], *, most: int = 1_000, task: Task = SILENT
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
        names = [f"cluster {number}" for number in find_clusters(vectors, task=task).labels]
    items = tuple(Item.from_row(row) for row in here.take(chosen).to_pylist())
    return Pictures(items, vectors, tuple(names), len(ids), grouped)


@task_keywords
def compare_inputs(
    paths: Sequence[str | Path],
    vectors: Vectors,
    labels: Sequence[str | None],
    *,
    side: int = SIDE,
    task: Task = SILENT,
) -> InputComparison:
    """Reads pictures and compares them with their embeddings (n, dim). labels: (n,), None where unknown; up to a few
    thousand pictures. Raises DataError for fewer than three that can be read, and Cancelled."""
    pixels = load_pixels(paths, side=side, task=task)
    vectors, known = vectors[pixels.rows], tuple(labels[row] for row in pixels.rows)
    inputs: dict[Input, NDArray[np.float32]] = {"pixels": pixels.values, "embedding": vectors}
    contrast: dict[Input, Contrast] = {}
    pairs: dict[Input, PairDistances] = {}
    stage = task.stage("compare", "steps")
    for done, (which, values) in enumerate(inputs.items()):
        task.check("Stopped before the pictures were compared.")
        stage.report(done, 3)
        contrast[which] = measure_contrast(values, known)
        if (found := compute_pair_distances(values, known)) is not None:
            pairs[which] = found
    random = measure_random_contrast(RANDOM_DIMS, len(vectors))
    like = {which: find_equivalent_dims(entry.relative_contrast, random) for which, entry in contrast.items()}
    return InputComparison(pixels, vectors, known, contrast, pairs, random, like)


@task_keywords
def learn_inputs(compared: InputComparison, *, task: Task = SILENT) -> dict[Input, InputCurve]:
    """The learning curve of a linear classifier on either input. Raises DataError, see `measure_input_curve`, and
    Cancelled."""
    found: dict[Input, InputCurve] = {}
    inputs: tuple[Input, ...] = ("embedding", "pixels")
    stage = task.stage("learn", "inputs")
    for done, which in enumerate(inputs):
        stage.report(done, len(inputs))
        found[which] = measure_input_curve(compared.values(which), compared.labels, task=task.part())
    return found


@task_keywords
def evaluate_pixels(
    encoder: Encoder, images: Path, labels: Path, *, side: int = SIDE, task: Task = SILENT
) -> PixelReport:
    """Both, on the pictures of a table (columns image, label). Raises DataError."""
    predictions = require_one_each(read_pairs(labels, "image", "label"), labels)
    embedded = embed_files(encoder, images, list(predictions), task=task)
    paths = [find_file(images, name) for name in embedded.rows]
    compared = compare_inputs(
        paths, embedded.vectors, [predictions[name] for name in embedded.rows], side=side, task=task
    )
    learned = learn_inputs(compared, task=task)
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
