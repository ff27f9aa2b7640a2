"""Measures retrieval by captions, and zero-shot classification by class names."""

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
    """Recall of retrieval. pool: images; queries: captions. t2i: caption to its image; i2t: image to any of its
    captions.

    images_per_s: files to vectors, without loading the model; 0 for a library. skipped: (image, reason) of unreadable
    files.
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
    """Zero-shot classification. top1, top5: share of images whose label is the first class name, or among the first
    five.

    macro_f1, calibration_error: see `core.classify.ClassReport`.
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
    """Recall@k between the images of a folder and their captions. Ties count against the encoder.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    captions : Path
        CSV with the columns image, caption.
    templates : sequence of str
        Prompts of the captions.
    task : Task, optional

    Returns
    -------
    RetrievalReport

    Raises
    ------
    DataError
        A file cannot be read.
    """
    pairs = read_pairs(captions, "image", "caption")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    pairs = [(name, caption) for name, caption in pairs if name in embedded.rows]
    owners = np.array([embedded.rows[name] for name, _ in pairs])
    report = _retrieval(encoder, embedded.vectors, owners, [caption for _, caption in pairs], templates)
    skipped = tuple(embedded.skipped.items())
    return replace(report, images_per_s=round(embedded.images_per_s, 1), skipped=skipped)


def evaluate_library(library: Library, encoder: Encoder, *, templates: Sequence[str] = PLAIN) -> RetrievalReport:
    """Recall@k between the items of a library and their stored captions (`Library.captions`); videos by their mean
    vector.

    Embeds only the captions.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    templates : sequence of str
        Prompts of the captions.

    Returns
    -------
    RetrievalReport

    Raises
    ------
    DataError
        There are no captions of items with vectors.
    """
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
    """Recall between captions and vectors. owners: (captions,) row of `vectors` that each describes."""
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
    """Accuracy of zero-shot classification on labeled pictures.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    labels : Path
        CSV with the columns image, label.
    classes : sequence of ClassName, optional
        Default: the labels.
    templates : sequence of str, optional
        Prompts of the class names. Default: the encoder's.
    task : Task, optional

    Returns
    -------
    ZeroShotReport

    Raises
    ------
    DataError
        A file cannot be read.
    QueryError
        A label is not a class.
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
    report = make_report(zero_shot.names, truth, zero_shot.scoring.probabilities(pictures @ zero_shot.vectors.T))
    return ZeroShotReport(
        classes=len(zero_shot.names),
        images=len(pairs),
        top1=round(report.accuracy, 4),
        top5=round(report.top5, 4),
        macro_f1=round(report.macro_f1, 4),
        calibration_error=round(report.calibration_error, 4),
        encoder=encoder.name,
        skipped=tuple(embedded.skipped.items()),
    )
