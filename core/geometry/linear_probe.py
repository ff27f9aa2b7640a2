"""A linear classifier on any kind of input: its size, its accuracy with few labels, its time."""

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
    """A linear classifier (logistic regression) on one kind of input. classes: that it tells, those of at least three
    pictures. parameters: numbers that it learns, a weight for each number and class, and a bias a class.
    multiplications: to tell one picture. accuracy: on held-out pictures by labelled pictures a class, mean over
    repeats; seconds: of learning from the most of them, once.
    """

    classes: int
    parameters: int
    multiplications: int
    accuracy: dict[int, float]
    seconds: float

    def reaches(self, accuracy: float) -> int | None:
        """The fewest labelled pictures a class with which it is at least so good; None where it never is."""
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
    """What a linear classifier makes of few labelled pictures, 30 % of each class held out. vectors: (n, numbers).

    Inputs are centred and scaled to a common spread, as raw pixels need; this looks at all pictures, at no label.
    Raises DataError for fewer than two classes of at least three pictures, and Cancelled.
    """
    classes, truth, rows = _known(labels)
    values = vectors[rows] - vectors[rows].mean(axis=0)
    values = values / max(float(np.sqrt((values**2).sum(axis=1).mean())), 1e-12)
    scores: dict[int, list[float]] = {entry: [] for entry in shots}
    seconds = 0.0
    for repeat in range(repeats):
        held, pools = _split(truth, len(classes), np.random.default_rng(repeat))
        for shot in shots:
            task.check("Stopped before the classifiers were learned.")
            chosen = np.concatenate([pool[:shot] for pool in pools])
            started = time.perf_counter()
            predictions = _learn(values[chosen], truth[chosen], values[held])
            seconds = time.perf_counter() - started
            scores[shot].append(float((predictions == truth[held]).mean()))
    accuracy = {shot: float(np.mean(found)) for shot, found in scores.items()}
    weights = len(classes) * vectors.shape[1]
    return InputCurve(len(classes), weights + len(classes), weights, accuracy, seconds)


def _known(labels: Sequence[str | None]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """(classes of at least three pictures, their numbers for the pictures of these, and which pictures those are)."""
    counts: dict[str, int] = {}
    for label in labels:
        if label is not None:
            counts[label] = counts.get(label, 0) + 1
    classes = sorted(name for name, count in counts.items() if count >= 3)
    if len(classes) < 2:
        raise DataError("Label at least three pictures of each of two classes: there is nothing to tell apart yet.")
    rows = np.array([row for row, label in enumerate(labels) if label in classes])
    return classes, np.array([classes.index(str(labels[row])) for row in rows]), rows


def _split(
    truth: NDArray[np.int64], classes: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    held: list[NDArray[np.int64]] = []
    pools: list[NDArray[np.int64]] = []
    for number in range(classes):
        rows = rng.permutation(np.flatnonzero(truth == number))
        out = max(1, round(_HELD_OUT * len(rows)))
        held.append(rows[:out])
        pools.append(rows[out:])
    return np.concatenate(held), pools


def _learn(samples: Vectors, truth: NDArray[np.int64], held_out: Vectors) -> NDArray[np.int64]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    # regularized weights lie in the span of the samples: the same solution, found much faster
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        basis, inside = np.linalg.qr(samples.astype(np.float64).T)
        fitted = LogisticRegression(C=10.0, max_iter=500).fit(inside.T, truth)
    return np.asarray(fitted.predict(held_out @ basis))
