"""Measures when labeling pays: zero-shot and learning from a few labels, on a folder of labeled pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.classify.validation import SHOTS, CurvePoint, LearningCurve, compute_learning_curve
from core.classify.zero_shot import ClassName, ZeroShot
from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, require_one_each, unique
from core.library.ingest.scan import scan
from core.media.kinds import is_image_path
from core.progress import SILENT, Task
from core.search.query import PLAIN


@dataclass(frozen=True, slots=True)
class Band:
    """A share, 0 to 1: mean, lowest and highest over the repeats."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FewShotReport:
    """Accuracy on held-out pictures.

    zeroshot: with the encoder's templates; zeroshot_no_templates: with the names alone. methods: accuracy by method,
    then labeled pictures per class. gain: expected gain of each method from doubling the labeled pictures. short:
    classes with fewer pictures than the most shots, all of which were used.
    """

    classes: int
    images: int
    zeroshot: float
    zeroshot_no_templates: float
    methods: dict[str, dict[str, Band]]
    gain: dict[str, float | None]
    repeats: int
    short: tuple[str, ...]
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


def read_labels(images: Path, labels: Path | None) -> list[tuple[str, str]]:
    """Pictures and labels from a CSV (columns image, label); without one, labels are folder names."""
    if labels is not None:
        return read_pairs(labels, "image", "label")
    files = [Path(path) for path in scan([images], target=is_image_path).files]
    pairs = [(str(path), path.parent.name) for path in files]
    if not pairs:
        raise DataError(f"There are no pictures in {images}.")
    return pairs


@task_keywords
def evaluate_fewshot(
    encoder: Encoder,
    images: Path,
    labels: Path | None,
    *,
    classes: Sequence[ClassName] | None = None,
    shots: Sequence[int] = SHOTS,
    repeats: int = 5,
    task: Task = SILENT,
) -> FewShotReport:
    """Measures zero-shot classification and the learning curve of each method.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    labels : Path or None
        CSV with the columns image, label; None: labels are folder names.
    classes : sequence of ClassName, optional
        Classes with descriptions. Default: the labels.
    shots : sequence of int
        Labeled pictures per class.
    repeats : int
    task : Task, optional

    Returns
    -------
    FewShotReport

    Raises
    ------
    DataError
        See `core.classify.compute_learning_curve`, or a file cannot be read.
    QueryError
        A label is not a class.
    """
    if repeats < 1:
        raise DataError("Choose at least 1 repeat.")
    pairs = list(require_one_each(read_labels(images, labels), labels or images).items())
    zero_shot, plain = (
        ZeroShot.of(
            encoder, classes or [ClassName(label) for label in unique(label for _, label in pairs)], templates=templates
        )
        for templates in (None, PLAIN)
    )
    embedded = embed_files(encoder, images, [name for name, _ in pairs], task=task)
    pairs = [(name, label) for name, label in pairs if name in embedded.rows]
    vectors, truth = embedded.vectors[[embedded.rows[name] for name, _ in pairs]], [label for _, label in pairs]
    curve = compute_learning_curve(encoder, vectors, truth, zero_shot, shots=shots, repeats=repeats, task=task)
    plain_curve = compute_learning_curve(encoder, vectors, truth, plain, shots=shots, methods=(), repeats=repeats)
    methods = unique(point.method for point in curve.points if point.shots)
    return FewShotReport(
        classes=len(zero_shot.names),
        images=len(pairs),
        zeroshot=round(curve.of("zero-shot")[0].mean, 4),
        zeroshot_no_templates=round(plain_curve.of("zero-shot")[0].mean, 4),
        methods={method: {str(point.shots): _make_band(point) for point in curve.of(method)} for method in methods},
        gain={method: _get_gain(curve, method, max(shots)) for method in methods},
        repeats=repeats,
        short=curve.short,
        encoder=encoder.name,
        skipped=tuple(embedded.skipped.items()),
    )


def _make_band(point: CurvePoint) -> Band:
    return Band(round(point.mean, 4), round(point.low, 4), round(point.high, 4))


def _get_gain(curve: LearningCurve, method: str, more: int) -> float | None:
    gain = curve.gain(method, more)
    return None if gain is None else round(gain, 4)
