"""Measures whether a few pictures show what a collection shows, by its captions.

A subject is a thing that at least two captions of a picture name (`core.evaluation.match.captioned_things`). A choice
of k pictures covers the subjects that these have. Few choices can be made of one collection, so random halves of it are
summarized too, and the mean is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, unique
from core.evaluation.match.captioned_things import find_things, read_things
from core.explore.clustering import find_clusters
from core.explore.exemplars import cover_points, find_medoids
from core.progress import SILENT, Task
from core.summarize.covering import choose_cover

_HALVES = 20

Numbers = NDArray[np.int64]
Choose = Callable[[Vectors, int, np.random.Generator], Numbers]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What k pictures show of a collection, 0 to 1.

    subjects: the share of its subjects. mentions: the same, where each subject counts by how many pictures have it.
    halves, halves_mentions: the means over random halves. error: the standard error of `halves`.
    """

    subjects: float
    mentions: float
    halves: float
    halves_mentions: float
    error: float


@dataclass(frozen=True, slots=True)
class PictureCoverReport:
    """methods: by name; "summary" is `core.summarize`."""

    images: int
    subjects: int
    k: int
    methods: Mapping[str, Coverage]
    encoder: str


def evaluate_picture_cover(
    encoder: Encoder, images: Path, captions: Path, *, count: int = 10, task: Task = SILENT
) -> PictureCoverReport:
    """Subjects that the chosen pictures show, against random ones, centers of k-means, and a farthest-first choice.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        A folder.
    captions : Path
        Table with the columns image, caption; several captions of each image.
    count : int
        How many pictures are chosen.
    task : Task, optional

    Raises
    ------
    DataError
        The table cannot be read, or its captions name no known things.
    Cancelled
    """
    pairs = read_pairs(captions, "image", "caption")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    present = find_things(embedded.group_texts(pairs), read_things()).present
    if not present.any():
        raise DataError(f"The captions of {captions} name nothing that is known: give several captions of each image.")
    methods = {name: measure_choice(choose, embedded.vectors, present, count) for name, choose in METHODS.items()}
    return PictureCoverReport(len(embedded.rows), int(present.any(axis=1).sum()), count, methods, encoder.name)


def measure_choice(choose: Choose, vectors: Vectors, present: NDArray[np.bool_], count: int) -> Coverage:
    """What the `count` pictures that `choose` takes of vectors (n, dim) show of subjects that are present (s, n)."""
    rng = np.random.default_rng(0)
    everything = np.arange(len(vectors))
    halves = [np.sort(rng.choice(everything, len(vectors) // 2, replace=False)) for _ in range(_HALVES)]
    score = partial(_score, choose, vectors, present, count)
    parts = np.array([score(half, np.random.default_rng(number)) for number, half in enumerate(halves)])
    whole = np.mean([score(everything, np.random.default_rng(number)) for number in range(_HALVES)], axis=0)
    figures = (*whole, *parts.mean(axis=0), parts[:, 0].std() / np.sqrt(_HALVES))
    return Coverage(*(round(float(figure), 4) for figure in figures))


def _score(
    choose: Choose, vectors: Vectors, present: NDArray[np.bool_], count: int, rows: Numbers, rng: np.random.Generator
) -> tuple[float, float]:
    chosen = rows[choose(vectors[rows], count, rng)]
    sizes = present[:, rows].sum(axis=1)
    covered = np.asarray(present[:, chosen].any(axis=1))
    return float(covered[sizes > 0].mean()), float((covered * sizes).sum() / sizes.sum())


def _choose_centers(vectors: Vectors, count: int, rng: np.random.Generator) -> Numbers:
    return find_medoids(vectors, find_clusters(vectors, k=count, seed=int(rng.integers(1_000))))


METHODS: dict[str, Choose] = {
    "summary": lambda vectors, count, _: choose_cover(vectors, count).numbers,
    "random": lambda vectors, count, rng: rng.choice(len(vectors), count, replace=False),
    "k-means centers": _choose_centers,
    "farthest first": lambda vectors, count, _: cover_points(vectors, count),
}
