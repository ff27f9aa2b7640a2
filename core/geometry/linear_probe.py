"""A linear classifier on any kind of input: its size, its accuracy with few labels, and its training time."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.errors import DataError
from core.progress import SILENT, Task
from core.utils.blas_threads import limit_to_one_thread

_HELD_OUT = 0.3


@dataclass(frozen=True, slots=True)
class InputCurve:
    """A linear classifier (logistic regression) on one kind of input.

    Attributes
    ----------
    classes : int
        Classes of at least three pictures.
    parameters : int
        Weights and biases.
    multiplications : int
        Per classified picture.
    accuracy : dict of int to float
        On held-out pictures, by labeled pictures per class; mean over the repeats.
    seconds : float
        Of one training with the most labeled pictures.
    """

    classes: int
    parameters: int
    multiplications: int
    accuracy: dict[int, float]
    seconds: float

    def reaches(self, accuracy: float) -> int | None:
        """Fewest labeled pictures per class that reach an accuracy; None if it is not reached."""
        return next((shots for shots in sorted(self.accuracy) if self.accuracy[shots] >= accuracy), None)


@task_keywords
@limit_to_one_thread()
def measure_input_curve(
    vectors: NDArray[np.float32],
    labels: Sequence[str | None],
    *,
    shots: Sequence[int] = (1, 2, 4, 8, 16),
    repeats: int = 5,
    task: Task = SILENT,
) -> InputCurve:
    """Accuracy of a linear classifier with few labeled pictures; 30 % of each class are held out.

    Inputs are centered and scaled to unit mean square, which raw pixels need; this uses all pictures, but no labels.

    Parameters
    ----------
    vectors : array of float32, shape (n, numbers)
    labels : sequence of str or None, length n
        None where unknown.
    shots : sequence of int
        Labeled pictures per class.
    repeats : int
    task : Task, optional

    Returns
    -------
    InputCurve

    Raises
    ------
    DataError
        There are fewer than two classes with at least three pictures.
    Cancelled
    """
    classes, truth, rows = _known(labels)
    values = vectors[rows] - vectors[rows].mean(axis=0)
    values = values / max(float(np.sqrt((values**2).sum(axis=1).mean())), 1e-12)
    scores: dict[int, list[float]] = {shot: [] for shot in shots}
    seconds = 0.0
    for repeat in range(repeats):
        held, pools = _split(truth, len(classes), np.random.default_rng(repeat))
        for shot in shots:
            task.check("Stopped before the classifiers were learned.")
            chosen = np.concatenate([pool[:shot] for pool in pools])
            started = time.perf_counter()
            predicted = _learn(values[chosen], truth[chosen], values[held])
            seconds = time.perf_counter() - started
            scores[shot].append(float((predicted == truth[held]).mean()))
    accuracy = {shot: float(np.mean(values)) for shot, values in scores.items()}
    weights = len(classes) * vectors.shape[1]
    return InputCurve(len(classes), weights + len(classes), weights, accuracy, seconds)


def _known(labels: Sequence[str | None]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Classes of at least three pictures, the class numbers of their pictures, and the rows of these pictures."""
    counts: dict[str, int] = {}
    for label in labels:
        if label is not None:
            counts[label] = counts.get(label, 0) + 1
    classes = sorted(name for name, count in counts.items() if count >= 3)
    if len(classes) < 2:
        raise DataError("Label at least three pictures of each of at least two classes.")
    rows = np.array([row for row, label in enumerate(labels) if label in classes])
    return classes, np.array([classes.index(str(labels[row])) for row in rows]), rows


def _split(
    truth: NDArray[np.int64], classes: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Held-out rows, and the other rows of each class in random order."""
    held: list[NDArray[np.int64]] = []
    pools: list[NDArray[np.int64]] = []
    for number in range(classes):
        rows = rng.permutation(np.flatnonzero(truth == number))
        count = max(1, round(_HELD_OUT * len(rows)))
        held.append(rows[:count])
        pools.append(rows[count:])
    return np.concatenate(held), pools


def _learn(samples: Vectors, truth: NDArray[np.int64], held_out: Vectors) -> NDArray[np.int64]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    # regularized weights lie in the span of the samples, where solving gives the same weights much faster
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        basis, coordinates = np.linalg.qr(samples.astype(np.float64).T)
        fitted = LogisticRegression(C=10.0, max_iter=500).fit(coordinates.T, truth)
    return np.asarray(fitted.predict(held_out @ basis))
