"""Measures classification: reports, cross-validation, and learning curves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.classify.training import ClassKind, NumberKind, fit_classes, fit_numbers
from core.classify.zero_shot import ZeroShot, get_class_numbers
from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.progress import SILENT, Task

SHOTS = (1, 2, 4, 8, 16)
_BINS = 10  # of the calibration error
_TEST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Quality of one class: number of items, and precision, recall and F1 from 0 to 1."""

    name: str
    items: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ClassReport:
    """Quality of predicted classes.

    Parameters
    ----------
    names : tuple of str
        The c classes.
    items : int
    accuracy, top5, macro_f1 : float
        0 to 1. top5: ties count against the true class. macro_f1: the mean over classes that have items.
    calibration_error : float
        0 to 1, see `compute_calibration_error`.
    classes : tuple of ClassFigures
    confusion : array of int, shape (c, c)
        Counts; rows are true classes, columns predicted ones.
    """

    names: tuple[str, ...]
    items: int
    accuracy: float
    top5: float
    macro_f1: float
    calibration_error: float
    classes: tuple[ClassFigures, ...]
    confusion: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NumberReport:
    """Quality of predicted numbers.

    Attributes
    ----------
    items : int
    r2 : float
        Coefficient of determination, at most 1; predicting the mean reaches 0.
    mae : float
        Mean absolute error.
    """

    items: int
    r2: float
    mae: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Accuracy of one method with a number of labeled items per class.

    Attributes
    ----------
    method : str
    shots : int
        Labeled items per class; 0 for zero-shot.
    mean, low, high : float
        Mean, lowest and highest accuracy of the repeats, 0 to 1.
    """

    method: str
    shots: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Accuracy against labeled items per class.

    Attributes
    ----------
    points : tuple of CurvePoint
        By method, then shots; zero-shot has one point, at 0.
    repeats : int
    short : tuple of str
        Classes with fewer items than the most shots; all of their items were used.
    """

    points: tuple[CurvePoint, ...]
    repeats: int
    short: tuple[str, ...]

    def of(self, method: str) -> list[CurvePoint]:
        """The points of a method, by shots."""
        return [point for point in self.points if point.method == method]

    def gain(self, method: str, more: int) -> float | None:
        """Expected gain in accuracy from `more` labeled items per class beyond a method's last point.

        Extrapolates a power law a - b n^-c (Cortes et al. 1994); None for fewer than three points.
        """
        from scipy.optimize import OptimizeWarning, curve_fit

        points = [point for point in self.of(method) if point.shots > 0]
        if len(points) < 3:
            return None
        shots = np.array([point.shots for point in points], float)
        means = np.array([point.mean for point in points])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            start, bounds = (means.max(), 0.3, 0.5), ((0.0, 0.0, 0.05), (1.0, 2.0, 3.0))
            try:
                law, _ = curve_fit(_power_law, shots, means, p0=start, bounds=bounds, maxfev=5_000)
            except RuntimeError:  # no fit
                return None
        return float(_power_law(shots[-1] + more, *law) - _power_law(shots[-1], *law))


def make_report(names: Sequence[str], truth: NDArray[np.int64], probabilities: NDArray[np.floating]) -> ClassReport:
    """Measures predicted classes.

    Parameters
    ----------
    names : sequence of str
        The c classes.
    truth : array of int64, shape (n,)
        Numbers of the true classes, n > 0.
    probabilities : array of float, shape (n, c)

    Returns
    -------
    ClassReport
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    predicted = probabilities.argmax(axis=1)
    numbers = np.arange(len(names))
    figures = precision_recall_fscore_support(truth, predicted, labels=numbers, zero_division=0.0)
    present = figures[3] > 0
    true_probabilities = probabilities[np.arange(len(truth)), truth][:, None]
    ranks = (probabilities >= true_probabilities).sum(axis=1) - 1
    return ClassReport(
        names=tuple(names),
        items=len(truth),
        accuracy=float((predicted == truth).mean()),
        top5=float((ranks < 5).mean()),
        macro_f1=float(figures[2][present].mean()),
        calibration_error=compute_calibration_error(probabilities, truth),
        classes=tuple(
            ClassFigures(name, int(items), float(precision), float(recall), float(f1))
            for name, precision, recall, f1, items in zip(names, *figures, strict=True)
        ),
        confusion=confusion_matrix(truth, predicted, labels=numbers),
    )


def compute_calibration_error(probabilities: NDArray[np.floating], truth: NDArray[np.int64]) -> float:
    """Expected calibration error, 0 to 1: |confidence - accuracy| over ten bins (Naeini et al. 2015)."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [abs(confidence[bins == number].sum() - correct[bins == number].sum()) for number in np.unique(bins)]
    return float(sum(gaps) / len(truth))


def cross_validate_classes(
    encoder: Encoder,
    kind: ClassKind,
    vectors: Vectors,
    labels: Sequence[str],
    *,
    zero_shot: ZeroShot | None = None,
    folds: int = 5,
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Predicts each item with a head that was trained without it, in stratified folds.

    Parameters
    ----------
    encoder : Encoder
    kind : {"centroid", "knn", "probe", "blend"}
    vectors : array of float, shape (n, dim)
        Unit rows.
    labels : sequence of str, length n
    zero_shot : ZeroShot, optional
        Required by "blend"; then also gives the classes.
    folds : int
        At most; a class with fewer items is in as many folds as it has items.

    Returns
    -------
    names : tuple of str
        The c classes.
    probabilities : array of float, shape (n, c)

    Raises
    ------
    DataError
        A class has only one item.
    """
    from sklearn.model_selection import StratifiedKFold

    names = zero_shot.names if zero_shot else tuple(sorted(set(labels)))
    truth = get_class_numbers(labels, names)
    counts = np.bincount(truth, minlength=len(names))
    single = [name for name, count in zip(names, counts, strict=True) if count == 1]
    if single or not len(labels):
        raise DataError(f"The class {(single or ['none'])[0]!r} has too few items: label at least two of each.")
    probabilities = np.zeros((len(labels), len(names)), np.float32)
    splitter = StratifiedKFold(min(folds, int(counts.max())), shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        splits = list(splitter.split(vectors, truth))
    for train, test in splits:
        head = fit_classes(encoder, kind, vectors[train], [labels[row] for row in train], zero_shot=zero_shot)
        columns = get_class_numbers(head.names, names)
        probabilities[np.ix_(test, columns)] = head.probabilities(vectors[test])
    return names, probabilities


def cross_validate_numbers(
    encoder: Encoder, kind: NumberKind, vectors: Vectors, values: Sequence[float], *, folds: int = 5
) -> tuple[NumberReport, NDArray[np.float32]]:
    """Predicts the number of each item with a head that was trained without it.

    Parameters
    ----------
    encoder : Encoder
    kind : {"ridge", "knn"}
    vectors : array of float, shape (n, dim)
        Unit rows.
    values : sequence of float, length n
    folds : int
        At most.

    Returns
    -------
    report : NumberReport
    predicted : array of float, shape (n,)

    Raises
    ------
    DataError
        There are fewer than four items.
    """
    from sklearn.metrics import mean_absolute_error, r2_score
    from sklearn.model_selection import KFold

    if len(values) < 4:
        raise DataError("Give at least four items with a number.")
    targets = np.asarray(values, np.float64)
    predicted = np.empty(len(values), np.float32)
    for train, test in KFold(min(folds, len(values) // 2), shuffle=True, random_state=0).split(vectors):
        predicted[test] = fit_numbers(encoder, kind, vectors[train], list(targets[train])).values(vectors[test])
    r2, mae = float(r2_score(targets, predicted)), float(mean_absolute_error(targets, predicted))
    return NumberReport(len(values), r2, mae), predicted


@task_keywords
def compute_learning_curve(
    encoder: Encoder,
    vectors: Vectors,
    labels: Sequence[str],
    zero_shot: ZeroShot,
    *,
    shots: Sequence[int] = SHOTS,
    methods: Sequence[ClassKind] = ("centroid", "knn", "probe", "blend"),
    repeats: int = 5,
    task: Task = SILENT,
) -> LearningCurve:
    """Accuracy on held-out items by the number of labeled items per class, for each method and for zero-shot.

    Each repeat holds out 30 % of each class, at least one item, and trains on k of the others in random order. All
    points of a repeat are measured on the same items. Numbers that no class has are left out: they would repeat the
    point before.

    Parameters
    ----------
    vectors : array of float, shape (n, dim)
        Unit rows.
    labels : sequence of str, length n
    zero_shot : ZeroShot
        Has all classes.
    shots : sequence of int
        Labeled items per class.
    task : Task, optional
        Ends with the complete repeats.

    Raises
    ------
    DataError
        A class has fewer than three items, a label is not a class, or shots are below 1.
    """
    truth = get_class_numbers(labels, zero_shot.names)
    shots = sorted(set(shots))
    _check_enough(zero_shot.names, truth, shots)
    most = max(len(rows) for rows in next(_make_splits(truth, 1))[1])
    shots = [count for count in shots if count <= most] or shots[:1]
    predictions = zero_shot.predict(vectors).best
    accuracies: dict[tuple[str, int], list[float]] = {}
    stage, total = task.stage("learn", "heads"), repeats * len(shots) * len(methods)
    done = 0
    for repeat, (test, ordered) in enumerate(_make_splits(truth, repeats)):
        if repeat and task.is_cancelled:
            repeats = repeat
            break
        accuracies.setdefault(("zero-shot", 0), []).append(float((predictions[test] == truth[test]).mean()))
        for count in shots:
            train = np.concatenate([rows[:count] for rows in ordered])
            for method in methods:
                head = fit_classes(encoder, method, vectors[train], [labels[row] for row in train], zero_shot=zero_shot)
                predicted = get_class_numbers(head.names, zero_shot.names)[head.predict(vectors[test]).best]
                right = predicted == truth[test]
                accuracies.setdefault((method, count), []).append(float(right.mean()))
                done += 1
                stage.report(done, total)
    points = tuple(
        CurvePoint(method, count, float(np.mean(values)), min(values), max(values))
        for (method, count), values in sorted(accuracies.items())
    )
    return LearningCurve(points, repeats, _find_short_classes(zero_shot.names, truth, shots[-1]))


def _check_enough(names: Sequence[str], truth: NDArray[np.int64], shots: Sequence[int]) -> None:
    """Raises DataError if a class is too small to split, or if shots are below 1."""
    if not shots or shots[0] < 1:
        raise DataError("Use at least 1 labeled item per class.")
    counts = np.bincount(truth, minlength=len(names))
    if (counts[counts > 0] < 3).any():
        name = names[int(np.flatnonzero((counts > 0) & (counts < 3))[0])]
        raise DataError(f"The class {name!r} has fewer than three items: label more, or remove the class.")


def _find_short_classes(names: Sequence[str], truth: NDArray[np.int64], most: int) -> tuple[str, ...]:
    """Classes with fewer training items than the most shots."""
    sizes = [len(rows) for rows in next(_make_splits(truth, 1))[1]]
    present = [names[number] for number in np.unique(truth)]
    return tuple(name for name, size in zip(present, sizes, strict=True) if size < most)


def _make_splits(truth: NDArray[np.int64], repeats: int) -> Iterator[tuple[NDArray[np.int64], list[NDArray[np.int64]]]]:
    """Held-out rows, and the other rows of each class in random order, for each repeat; deterministic."""
    rng = np.random.default_rng(0)
    for _ in range(repeats):
        test, ordered = [], []
        for number in np.unique(truth):
            rows = rng.permutation(np.flatnonzero(truth == number))
            count = max(1, round(_TEST_SHARE * len(rows)))
            test.append(rows[:count])
            ordered.append(rows[count:])
        yield np.concatenate(test), ordered


def _power_law(shots: NDArray[np.float64] | float, limit: float, drop: float, rate: float) -> NDArray[np.float64]:
    return limit - drop * np.power(shots, -rate)
