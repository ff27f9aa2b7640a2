"""When labelling is worth it: zero-shot, and what is learned from a few labels, on a folder of labelled pictures."""

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
    """A share, 0 to 1: its mean over repeats, and the lowest and highest of them."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FewShotReport:
    """Accuracy on held-out pictures. zeroshot: through the encoder's templates; _no_templates: the names as they are.

    methods: by the number of labelled pictures a class, for each method. gain: about what as many labelled pictures
    again would add to each method. short: classes that have fewer pictures than the most shots and gave all they had.
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
    """(picture, label) from a CSV (columns image, label), or without one from the names of the folders they lie in."""
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
    """Zero-shot and the learning curve of each method. labels: a CSV; None takes the folders' names.

    classes: with their descriptions (default: the labels by their names). Raises DataError and QueryError.
    """
    if repeats < 1:
        raise DataError("The repeats begin at 1.")
    pairs = list(require_one_each(read_labels(images, labels), labels or images).items())
    zero_shot, plain = (
        ZeroShot.of(
            encoder, classes or [ClassName(label) for label in unique(label for _, label in pairs)], templates=templates
        )
        for templates in (None, PLAIN)
    )
    embedded = embed_files(encoder, images, [name for name, _ in pairs], task=task)
    pairs = [(name, label) for name, label in pairs if name in embedded.rows]
    vectors, predictions = embedded.vectors[[embedded.rows[name] for name, _ in pairs]], [label for _, label in pairs]
    curve = compute_learning_curve(encoder, vectors, predictions, zero_shot, shots=shots, repeats=repeats, task=task)
    without = compute_learning_curve(encoder, vectors, predictions, plain, shots=shots, methods=(), repeats=repeats)
    methods = unique(point.method for point in curve.points if point.shots)
    return FewShotReport(
        classes=len(zero_shot.names),
        images=len(pairs),
        zeroshot=round(curve.of("zero-shot")[0].mean, 4),
        zeroshot_no_templates=round(without.of("zero-shot")[0].mean, 4),
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
