"""How many dimensions are enough for pictures at hand, by their neighbours, their captions and their classes."""

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
    """pool: pictures measured on; learned_from: pictures that the principal components were learned from (the same
    ones, unless others are named). captions: of them that asked; classes: that they are told into.
    points: the curve. knee: where more dimensions of PCA in fp32 stop to pay. enough: the fewest of these that keep
    95 % of each measure that is known. intrinsic: dimensions that the vectors fill locally.
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
    """The whole report on unit vectors (n, dim) of pictures.

    captions: (row, text) pairs. labels: (n,) names of classes, None where unknown. held_out: the map is learned from a
    random half of the pictures and measured on the other half, instead of from `learned_from`. Raises DataError and
    Cancelled.
    """
    if held_out and learned_from is not None:
        raise DataError("The map is learned from one half of the pictures or from others: choose one of the two.")
    if held_out:
        rows, rest = split_halves(len(vectors))
        place = {int(row): number for number, row in enumerate(rows)}
        captions = [(place[row], text) for row, text in captions if row in place]
        labels = [labels[row] for row in rows] if labels else ()
        vectors, learned_from = vectors[rows], vectors[rest]
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
        enough={measure: found for measure in MEASURES if (found := find_enough(line, measure))},
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
    """The report on the pictures of a folder: those that a table of captions (columns image, caption), of labels
    (image, label) or `only` (image) names, or else all that lie in it. learn_from: a table (image) of others of the
    folder, that the map is learned from. Raises DataError.
    """
    texts = _normalize_pairs(read_pairs(captions, "image", "caption")) if captions else []
    predictions = require_one_each(read_pairs(labels, "image", "label"), labels) if labels else {}
    names = _name_columns(only) if only else [name for name, _ in texts] or list(predictions) or _pictures(images)
    embedded = embed_files(encoder, images, unique(names), task=task)
    rest = None
    if learn_from is not None:
        in_subprocess = [name for name in _name_columns(learn_from) if name not in embedded.rows]
        rest = embed_files(encoder, images, in_subprocess, task=task).vectors
    return measure_dimensions(
        encoder, embedded.vectors,
        captions=[(embedded.rows[name], text) for name, text in texts if name in embedded.rows],
        labels=[predictions.get(name) for name in embedded.rows] if predictions else (),
        precisions=PRECISIONS, dims=dims, learned_from=rest, held_out=held_out, task=task,
    )  # fmt: skip


def split_halves(count: int, *, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two random halves of the rows of 0 to count - 1, each in order."""
    mixed = np.random.default_rng(seed).permutation(count)
    return np.sort(mixed[: count // 2]), np.sort(mixed[count // 2 :])


def get_line(points: Sequence[DimensionPoint], method: Method, precision: Precision) -> list[DimensionPoint]:
    """Those of one method and precision, by dimensions."""
    found = [point for point in points if (point.method, point.precision) == (method, precision)]
    return sorted(found, key=lambda point: point.dim)


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
    """`a.jpg` and `./a.jpg` are one file."""
    return [(os.path.normpath(name), predictions) for name, predictions in pairs]


def _name_columns(table: Path) -> list[str]:
    return unique(name for name, _ in _normalize_pairs(read_pairs(table, "image", "image")))


def _pictures(folder: Path) -> list[str]:
    found = list(scan([folder], target=is_image_path).files)
    if not found:
        raise DataError(f"There are no pictures in {folder}: choose another folder.")
    return found
