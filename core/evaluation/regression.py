"""How well a number is learned from a few pictures: brightness, a price, a count, from a column of a table."""

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
    """Means over repeats on held-out pictures. r2: share of the variance explained. mae: in the unit of the values."""

    r2: float
    mae: float


@dataclass(frozen=True, slots=True)
class NumbersReport:
    """methods: by the number of pictures learned from, for each method. mae_of_mean: of always telling the mean."""

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
    """How well a number (a column of a CSV beside the column image) is told from few pictures.

    In each repeat 30 % of the pictures are held out. Raises DataError where too few pictures are left to learn from.
    """
    if repeats < 1:
        raise DataError("The repeats begin at 1.")
    values = read_numbers(table, column)
    embedded = embed_files(encoder, images, list(values), task=task)
    targets = np.array([values[name] for name in embedded.rows])
    held = max(2, round(_HELD_OUT * len(targets)))
    if min(samples, default=0) < 2 or max(samples) > len(targets) - held:
        raise DataError(f"{len(targets) - held} pictures are there to learn from: choose samples from 2 to that.")
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    rng = np.random.default_rng(0)
    for _ in task.track(range(repeats), "learn", "repeats", stopped="Stopped: nothing was measured."):
        order = rng.permutation(len(targets))
        test, train = order[:held], order[held:]
        for method, count in product(methods, samples):
            head = fit_numbers(encoder, method, embedded.vectors[train[:count]], list(targets[train[:count]]))
            found.setdefault((method, count), []).append(_figures(targets[test], head.values(embedded.vectors[test])))
    points = {key: NumberPoint(*np.mean(value, axis=0).round(4).tolist()) for key, value in found.items()}
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
    """The number of each picture, from a column of a CSV beside the column image. Raises DataError."""
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


def _figures(truth: NDArray[np.float64], predictions: NDArray[np.float32]) -> tuple[float, float]:
    """(R2, mean absolute error)."""
    from sklearn.metrics import mean_absolute_error, r2_score

    return float(r2_score(truth, predictions)), float(mean_absolute_error(truth, predictions))
