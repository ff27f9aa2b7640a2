"""Measures how well a number (brightness, a price, a count) is learned from a few pictures and a column of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.classify.training import NumberKind, fit_numbers
from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, require_one_each
from core.progress import SILENT, Task

SAMPLES = (16, 64, 256)
_HELD_OUT = 0.3


@dataclass(frozen=True, slots=True)
class NumberPoint:
    """Means over repeats on held-out pictures. r2: explained share of the variance. mae: in the unit of the values."""

    r2: float
    mae: float


@dataclass(frozen=True, slots=True)
class NumbersReport:
    """Figures by method, then number of training pictures. mae_of_mean: error of always predicting the mean."""

    images: int
    mean: float
    mae_of_mean: float
    methods: dict[str, dict[str, NumberPoint]]
    repeats: int
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


@task_keywords
def evaluate_numbers(
    encoder: Encoder,
    images: Path,
    table: Path,
    column: str,
    *,
    samples: Sequence[int] = SAMPLES,
    methods: Sequence[NumberKind] = ("ridge", "knn"),
    repeats: int = 5,
    task: Task = SILENT,
) -> NumbersReport:
    """Measures how well a number is predicted from few pictures. Each repeat holds out 30 % of the pictures.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    table : Path
        CSV with the column image.
    column : str
        Column of the numbers.
    samples : sequence of int
        Numbers of training pictures.
    methods : sequence of {"ridge", "knn"}
    repeats : int
    task : Task, optional

    Returns
    -------
    NumbersReport

    Raises
    ------
    DataError
        A file cannot be read, or too few pictures remain for training.
    """
    if repeats < 1:
        raise DataError("Choose at least 1 repeat.")
    values = read_numbers(table, column)
    embedded = embed_files(encoder, images, list(values), task=task)
    targets = np.array([values[name] for name in embedded.rows])
    held = max(2, round(_HELD_OUT * len(targets)))
    if min(samples, default=0) < 2 or max(samples) > len(targets) - held:
        raise DataError(f"Only {len(targets) - held} pictures remain for training: choose samples from 2 to that.")
    figures: dict[tuple[str, int], list[tuple[float, float]]] = {}
    rng = np.random.default_rng(0)
    for _ in task.track(range(repeats), "learn", "repeats", stopped="Stopped: nothing was measured."):
        order = rng.permutation(len(targets))
        test, train = order[:held], order[held:]
        for method, count in product(methods, samples):
            head = fit_numbers(encoder, method, embedded.vectors[train[:count]], list(targets[train[:count]]))
            predicted = head.values(embedded.vectors[test])
            figures.setdefault((method, count), []).append(_measure(targets[test], predicted))
    points = {key: NumberPoint(*np.mean(value, axis=0).round(4).tolist()) for key, value in figures.items()}
    return NumbersReport(
        images=len(targets),
        mean=round(float(targets.mean()), 4),
        mae_of_mean=round(float(np.abs(targets - targets.mean()).mean()), 4),
        methods={method: {str(count): points[method, count] for count in samples} for method in methods},
        repeats=repeats,
        encoder=encoder.name,
        skipped=tuple(embedded.skipped.items()),
    )


def read_numbers(table: Path, column: str) -> dict[str, float]:
    """Numbers by picture, from a column of a CSV with the column image. Raises DataError."""
    pairs = read_pairs(table, "image", column)
    return require_one_each(((name, _number(text, name, table, column)) for name, text in pairs), table)


def _number(text: str, name: str, table: Path, column: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{table}: {text!r} ({name}) in the column {column} is not a number.")
    return number


def _measure(truth: NDArray[np.float64], predicted: NDArray[np.float32]) -> tuple[float, float]:
    """R2 and mean absolute error."""
    from sklearn.metrics import mean_absolute_error, r2_score

    return float(r2_score(truth, predicted)), float(mean_absolute_error(truth, predicted))
