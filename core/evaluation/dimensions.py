"""Reports how many dimensions are enough for given pictures, by their neighbors, captions and classes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.classify.zero_shot import ClassName, embed_classes
from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.encoders.prompts import embed_texts
from core.encoders.reduced import Method
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, require_one_each, unique
from core.geometry.dimensions import (
    MEASURES,
    Captions,
    Classes,
    DimensionPoint,
    Measure,
    estimate_intrinsic_dimension,
    find_enough,
    find_knee,
    measure_dimension_curve,
)
from core.geometry.quantization import PRECISIONS, Precision
from core.library.ingest.scan import scan
from core.media.kinds import is_image_path
from core.progress import SILENT, Task
from core.search.query import PLAIN

METHODS: tuple[Method, ...] = ("pca", "truncate", "random")
_TEXTS_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class DimensionReport:
    """How many dimensions are enough.

    Attributes
    ----------
    pool, learned_from : int
        Pictures measured on, and pictures that the principal components were learned from.
    captions, classes : int
    encoder : str
    points : tuple of DimensionPoint
        The curve.
    knee : DimensionPoint or None
        Point of diminishing returns of PCA in fp32.
    enough : dict of str to DimensionPoint
        Fewest dimensions of PCA in fp32 that keep 95 % of each known measure.
    intrinsic : float or None
        Dimensions that the vectors fill locally.
    """

    pool: int
    learned_from: int
    captions: int
    classes: int
    encoder: str
    points: tuple[DimensionPoint, ...]
    knee: DimensionPoint | None
    enough: dict[Measure, DimensionPoint]
    intrinsic: float | None

    def line(self, method: Method, precision: Precision) -> list[DimensionPoint]:
        """One line of the curve, by dimensions."""
        return get_line(self.points, method, precision)


@task_keywords
def measure_dimensions(
    encoder: Encoder,
    vectors: Vectors,
    *,
    captions: Sequence[tuple[int, str]] = (),
    labels: Sequence[str | None] = (),
    methods: Sequence[Method] = METHODS,
    precisions: Sequence[Precision] = ("fp32",),
    dims: Sequence[int] | None = None,
    learned_from: Vectors | None = None,
    held_out: bool = False,
    task: Task = SILENT,
) -> DimensionReport:
    """Reports how many dimensions are enough for the vectors of pictures.

    Parameters
    ----------
    encoder : Encoder
    vectors : array of float32, shape (n, dim)
        Unit rows.
    captions : sequence of (int, str)
        Row and text.
    labels : sequence of str or None, length n
        Class names, None where unknown; empty for none.
    methods, precisions, dims
        See `core.geometry.measure_dimension_curve`.
    learned_from : array of float32, shape (m, dim), optional
        Vectors that the map is learned from.
    held_out : bool
        Whether the map is learned from a random half of the pictures, and measured on the other half.
    task : Task, optional

    Returns
    -------
    DimensionReport

    Raises
    ------
    DataError
        Both `learned_from` and `held_out` are given, or see `core.geometry.measure_dimension_curve`.
    Cancelled
    """
    if held_out and learned_from is not None:
        raise DataError("Learn the map either from one half of the pictures or from other pictures.")
    if held_out:
        rows, training_rows = split_halves(len(vectors))
        number_of = {int(row): number for number, row in enumerate(rows)}
        captions = [(number_of[row], text) for row, text in captions if row in number_of]
        labels = [labels[row] for row in rows] if labels else ()
        vectors, learned_from = vectors[rows], vectors[training_rows]
    known = _captions(encoder, captions, task)
    classes = _classes(encoder, labels)
    points = measure_dimension_curve(
        vectors, methods=methods, precisions=precisions, dims=dims, captions=known, classes=classes,
        learned_from=learned_from, task=task,
    )  # fmt: skip
    line = get_line(points, "pca", "fp32")
    return DimensionReport(
        pool=len(vectors),
        learned_from=len(vectors) if learned_from is None else len(learned_from),
        captions=len(captions),
        classes=len(classes.vectors) if classes else 0,
        encoder=encoder.name,
        points=tuple(points),
        knee=find_knee(line),
        enough={measure: point for measure in MEASURES if (point := find_enough(line, measure))},
        intrinsic=estimate_intrinsic_dimension(vectors, task=task.part()),
    )


@task_keywords
def evaluate_dimensions(
    encoder: Encoder,
    images: Path,
    *,
    captions: Path | None = None,
    labels: Path | None = None,
    only: Path | None = None,
    learn_from: Path | None = None,
    held_out: bool = False,
    dims: Sequence[int] | None = None,
    task: Task = SILENT,
) -> DimensionReport:
    """Reports how many dimensions are enough for the pictures of a folder.

    These are the pictures in `only`, `captions` or `labels`, or else all of the folder.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    captions : Path, optional
        CSV with the columns image, caption.
    labels : Path, optional
        CSV with the columns image, label.
    only, learn_from : Path, optional
        CSV with the column image: pictures to measure on, and other pictures to learn the map from.
    held_out, dims
        See `measure_dimensions`.
    task : Task, optional

    Returns
    -------
    DimensionReport

    Raises
    ------
    DataError
        A file cannot be read.
    """
    texts = _normalize_pairs(read_pairs(captions, "image", "caption")) if captions else []
    label_of = require_one_each(read_pairs(labels, "image", "label"), labels) if labels else {}
    names = _read_names(only) if only else [name for name, _ in texts] or list(label_of) or _pictures(images)
    embedded = embed_files(encoder, images, unique(names), task=task)
    learned_from = None
    if learn_from is not None:
        others = [name for name in _read_names(learn_from) if name not in embedded.rows]
        learned_from = embed_files(encoder, images, others, task=task).vectors
    return measure_dimensions(
        encoder, embedded.vectors,
        captions=[(embedded.rows[name], text) for name, text in texts if name in embedded.rows],
        labels=[label_of.get(name) for name in embedded.rows] if label_of else (),
        precisions=PRECISIONS, dims=dims, learned_from=learned_from, held_out=held_out, task=task,
    )  # fmt: skip


def split_halves(count: int, *, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two random halves of the rows 0 to count - 1, each in order."""
    shuffled = np.random.default_rng(seed).permutation(count)
    return np.sort(shuffled[: count // 2]), np.sort(shuffled[count // 2 :])


def get_line(points: Sequence[DimensionPoint], method: Method, precision: Precision) -> list[DimensionPoint]:
    """Points of one method and precision, by dimensions."""
    line = [point for point in points if (point.method, point.precision) == (method, precision)]
    return sorted(line, key=lambda point: point.dim)


def _captions(encoder: Encoder, captions: Sequence[tuple[int, str]], task: Task) -> Captions | None:
    if not captions:
        return None
    texts, stopped = [text for _, text in captions], "Stopped before all captions were read."
    batches = task.track_batches(texts, _TEXTS_AT_ONCE, "read captions", "captions", stopped=stopped)
    found = [embed_texts(encoder, batch, templates=PLAIN) for batch in batches]
    return Captions(np.concatenate(found), np.array([row for row, _ in captions], np.int64))


def _classes(encoder: Encoder, labels: Sequence[str | None]) -> Classes | None:
    names = sorted({label for label in labels if label is not None})
    if len(names) < 2:
        return None
    truth = np.array([-1 if label is None else names.index(label) for label in labels], np.int64)
    return Classes(embed_classes(encoder, [ClassName(name) for name in names]), truth)


def _normalize_pairs(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs with normalized file names: `a.jpg` and `./a.jpg` are one file."""
    return [(os.path.normpath(name), text) for name, text in pairs]


def _read_names(table: Path) -> list[str]:
    return unique(name for name, _ in _normalize_pairs(read_pairs(table, "image", "image")))


def _pictures(folder: Path) -> list[str]:
    paths = list(scan([folder], target=is_image_path).files)
    if not paths:
        raise DataError(f"There are no pictures in {folder}: choose another folder.")
    return paths
