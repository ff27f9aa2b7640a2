"""Quality in figures: retrieval by captions, and zero-shot classification by class names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.classify.validation import make_report
from core.classify.zero_shot import ClassName, ZeroShot, get_class_numbers
from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.encoders.prompts import embed_texts
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, unique
from core.library.points import load_points
from core.library.store import Library
from core.progress import SILENT, Task
from core.search.query import PLAIN
from core.vectors.ranking_metrics import Recall, compute_best_rank, compute_recall


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """pool: images ranked; queries: captions. t2i: caption -> its image; i2t: image -> any of its captions.

    images_per_s: files to vectors, model loading left out; 0 of a library, whose vectors are there. skipped:
    (image, reason) of files that could not be read.
    """

    pool: int
    queries: int
    t2i: Recall
    i2t: Recall
    images_per_s: float
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ZeroShotReport:
    """Shares, 0 to 1, of images whose label is first, or among the first five, of the class names.

    macro_f1, calibration_error: see `core.classify.validation.ClassReport`.
    """

    classes: int
    images: int
    top1: float
    top5: float
    macro_f1: float
    calibration_error: float
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


@task_keywords
def evaluate_retrieval(
    encoder: Encoder, images: Path, captions: Path, *, templates: Sequence[str] = PLAIN, task: Task = SILENT
) -> RetrievalReport:
    """Recall@k between the images of a folder and a CSV of captions (columns image, caption).

    Ranks are by cosine over the whole pool; ties count against the encoder. Raises DataError.
    """
    pairs = read_pairs(captions, "image", "caption")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    pairs = [(name, caption) for name, caption in pairs if name in embedded.rows]
    owners = np.array([embedded.rows[name] for name, _ in pairs])
    report = _retrieval(encoder, embedded.vectors, owners, [caption for _, caption in pairs], templates)
    skipped = tuple(embedded.skipped.items())
    return replace(report, images_per_s=round(embedded.images_per_s, 1), skipped=skipped)


def evaluate_library(library: Library, encoder: Encoder, *, templates: Sequence[str] = PLAIN) -> RetrievalReport:
    """The same between the items of a library and the captions that it keeps (`Library.captions`), over its items that
    have any; videos by their means over time. Nothing is embedded but the captions. Raises DataError without any."""
    points = load_points(library, encoder)
    rows = {str(item_id): row for row, item_id in enumerate(points.column("id"))}
    pairs = [(rows[item_id], caption) for item_id, caption in library.captions() if item_id in rows]
    if not pairs:
        raise DataError(f"{library.name} has no captions of items with vectors of {encoder.name}: index a data set "
                        "with captions, or use a folder of pictures and a table of captions.")  # fmt: skip
    pool, owners = np.unique([row for row, _ in pairs], return_inverse=True)
    return _retrieval(encoder, points.vectors[pool], owners, [caption for _, caption in pairs], templates)


def _retrieval(
    encoder: Encoder,
    vectors: Vectors,
    owners: NDArray[np.int64],
    captions: Sequence[str],
    templates: Sequence[str],
) -> RetrievalReport:
    """owners: (captions,) the row of `vectors` that each describes."""
    similarities = embed_texts(encoder, captions, templates=templates) @ vectors.T
    own = owners[:, None] == np.arange(len(vectors))[None]
    return RetrievalReport(
        pool=len(vectors),
        queries=len(captions),
        t2i=compute_recall(compute_best_rank(similarities, own)),
        i2t=compute_recall(compute_best_rank(similarities.T, own.T)),
        images_per_s=0.0,
        encoder=encoder.name,
    )


@task_keywords
def evaluate_zeroshot(
    encoder: Encoder,
    images: Path,
    labels: Path,
    *,
    classes: Sequence[ClassName] | None = None,
    templates: Sequence[str] | None = None,
    task: Task = SILENT,
) -> ZeroShotReport:
    """Accuracy over a CSV of labels (columns image, label).

    classes: among which the labels are, with their descriptions (default: the labels that occur).
    templates: the prompts of each class name (default: the encoder's own). Raises DataError, and QueryError for a
    label that is no class.
    """
    pairs = read_pairs(labels, "image", "label")
    zero_shot = ZeroShot.of(
        encoder, classes or [ClassName(label) for label in unique(label for _, label in pairs)], templates=templates
    )
    get_class_numbers([label for _, label in pairs], zero_shot.names)
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    pairs = [(name, label) for name, label in pairs if name in embedded.rows]
    pictures = embedded.vectors[[embedded.rows[name] for name, _ in pairs]]
    truth = get_class_numbers([label for _, label in pairs], zero_shot.names)
    figures = make_report(zero_shot.names, truth, zero_shot.scoring.probabilities(pictures @ zero_shot.vectors.T))
    return ZeroShotReport(
        classes=len(zero_shot.names),
        images=len(pairs),
        top1=round(figures.accuracy, 4),
        top5=round(figures.top5, 4),
        macro_f1=round(figures.macro_f1, 4),
        calibration_error=round(figures.calibration_error, 4),
        encoder=encoder.name,
        skipped=tuple(embedded.skipped.items()),
    )
