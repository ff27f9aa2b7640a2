"""Compares raw pixels with embeddings of the same pictures, by their distances and by what is learned from both."""

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
from core.library.public.handout import is_handed_out
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
    """n pictures of a library to compare.

    items: the pictures. vectors: (n, dim) unit rows. labels: (n,) None where unknown. considered: pictures of the
    library. grouped: whether labels are clusters of these vectors, because there are no others.
    """

    items: tuple[Item, ...]
    vectors: Vectors
    labels: tuple[str | None, ...]
    considered: int
    grouped: bool


@dataclass(frozen=True, eq=False)
class InputComparison:
    """The same n pictures as pixels and as embeddings.

    Attributes
    ----------
    pixels : RawPixels
    vectors : array of float32, shape (n, dim)
    labels : tuple of str or None
    contrast, pairs : dict of str to Contrast and to PairDistances
        Of "pixels" and "embedding"; `pairs` is empty without labels.
    random : dict of int to float
        Relative contrast of as many random vectors by dimension.
    equivalent_dims : dict of str to float
        Dimensions in which random vectors have the contrast of each input.
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
        """Positions of the readable pictures among the given ones, (n,)."""
        return self.pixels.rows

    def values(self, which: Input) -> NDArray[np.float32]:
        """Vectors of one input, (n, numbers)."""
        return self.pixels.values if which == "pixels" else self.vectors


@dataclass(frozen=True, slots=True)
class InputFigures:
    """Figures of one input, see `Contrast`, `PairDistances.order` and `InputCurve`. like:
    `InputComparison.equivalent_dims`.
    """

    contrast: Contrast
    like: float
    order: float | None
    learned: InputCurve


@dataclass(frozen=True, slots=True)
class PixelReport:
    """Both inputs in figures. pictures: measured on. skipped: (picture, reason) of unreadable ones."""

    pictures: int
    classes: int
    encoder: str
    inputs: dict[Input, InputFigures]
    skipped: tuple[tuple[str, str], ...]


@task_keywords
def select_images(
    library: Library, encoder: Encoder, labels: Mapping[str, str], *, most: int = 1_000, task: Task = SILENT
) -> Pictures:
    """Selects pictures of a library to compare: a fixed random sample, those with a label first.

    A public server leaves out those that it does not hand out, since their pixels are shown.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    labels : mapping of str to str
        Labels by item id; if empty, clusters are the labels.
    most : int
        Most pictures.
    task : Task, optional

    Returns
    -------
    Pictures

    Raises
    ------
    Cancelled
    """
    index = library.index(encoder)
    images = index.items.take(index.rows_with_vectors)
    images = images.filter(pc.equal(images["kind"], PICTURE.name))
    shuffled = np.random.default_rng(0).permutation(len(images))
    ids = images["id"].to_pylist()
    chosen = np.sort(np.array(sorted(shuffled, key=lambda row: ids[row] not in labels)[:most], np.int64))
    items = tuple(item for row in images.take(chosen).to_pylist() if is_handed_out(item := Item.from_row(row)))
    chosen_ids, vectors = get_item_vectors(index, [item.id for item in items])
    names: list[str | None] = [labels.get(item_id) for item_id in chosen_ids]
    grouped = not labels
    if grouped and len(chosen_ids) > 2:
        names = [f"cluster {number}" for number in find_clusters(vectors, task=task).labels]
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
    """Reads pictures and compares them with their embeddings.

    Parameters
    ----------
    paths : sequence of path-like, length n
        Up to a few thousand.
    vectors : array of float32, shape (n, dim)
        Unit rows.
    labels : sequence of str or None, length n
        None where unknown.
    side : int
        Pixels of the pictures' sides.
    task : Task, optional

    Returns
    -------
    InputComparison

    Raises
    ------
    DataError
        Fewer than three pictures can be read.
    Cancelled
    """
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
        if (distances := compute_pair_distances(values, known)) is not None:
            pairs[which] = distances
    random = measure_random_contrast(RANDOM_DIMS, len(vectors))
    dims = {which: find_equivalent_dims(own.relative_contrast, random) for which, own in contrast.items()}
    return InputComparison(pixels, vectors, known, contrast, pairs, random, dims)


@task_keywords
def learn_inputs(compared: InputComparison, *, task: Task = SILENT) -> dict[Input, InputCurve]:
    """Learning curves of a linear classifier on both inputs.

    Parameters
    ----------
    compared : InputComparison
    task : Task, optional

    Returns
    -------
    dict of str to InputCurve

    Raises
    ------
    DataError
        See `core.geometry.measure_input_curve`.
    Cancelled
    """
    curves: dict[Input, InputCurve] = {}
    inputs: tuple[Input, ...] = ("embedding", "pixels")
    stage = task.stage("learn", "inputs")
    for done, which in enumerate(inputs):
        stage.report(done, len(inputs))
        curves[which] = measure_input_curve(compared.values(which), compared.labels, task=task.part())
    return curves


@task_keywords
def evaluate_pixels(
    encoder: Encoder, images: Path, labels: Path, *, side: int = SIDE, task: Task = SILENT
) -> PixelReport:
    """Compares raw pixels and embeddings of labeled pictures.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    labels : Path
        CSV with the columns image, label.
    side : int
        Pixels of the pictures' sides.
    task : Task, optional

    Returns
    -------
    PixelReport

    Raises
    ------
    DataError
        A file cannot be read, or there are too few labels.
    """
    label_of = require_one_each(read_pairs(labels, "image", "label"), labels)
    embedded = embed_files(encoder, images, list(label_of), task=task)
    paths = [find_file(images, name) for name in embedded.rows]
    compared = compare_inputs(paths, embedded.vectors, [label_of[name] for name in embedded.rows], side=side, task=task)
    learned = learn_inputs(compared, task=task)
    return PixelReport(
        pictures=len(compared.vectors),
        classes=len(set(compared.labels)),
        encoder=encoder.name,
        inputs={
            which: InputFigures(
                contrast,
                compared.equivalent_dims[which],
                compared.pairs[which].order if which in compared.pairs else None,
                learned[which],
            )
            for which, contrast in compared.contrast.items()
        },
        skipped=(*embedded.skipped.items(), *compared.pixels.unread),
    )  # fmt: skip
