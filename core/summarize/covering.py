"""A few vectors that stand for all, and how well they do.

Facility location: everything counts by its similarity to the nearest of what is chosen. Each step takes what raises the
sum most; as the sum is monotone and submodular, it reaches at least 63 percent of the best possible one (Nemhauser,
Wolsey and Fisher 1978). Unlike a farthest-first choice, it wastes no place on strangers; unlike the centers of k-means,
what it takes are members.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.encoders.calibration import compute_baseline_cosine
from core.progress import SILENT, Task

Numbers = NDArray[np.int64]

_CANDIDATES, _REPRESENTED = 1_000, 4_000  # of a larger collection: fixed random samples
_UNRELATED = 0.1  # of the way from the mean cosine of two to 1: up to there, one does not stand for the other


@dataclass(frozen=True, eq=False)
class Cover:
    """k of n vectors.

    Attributes
    ----------
    numbers : array of int64, shape (k,)
        The chosen ones, in the order of what each adds.
    nearest : array of int64, shape (n,)
        Which of them stands for each vector: a place in `numbers`.
    covered : float
        See `compute_covered`.
    """

    numbers: Numbers
    nearest: Numbers
    covered: float


def choose_cover(
    vectors: Vectors,
    count: int,
    *,
    weights: NDArray[np.floating] | None = None,
    same: float = 1.0,
    avoid: NDArray[np.bool_] | None = None,
    chance: float | None = None,
    task: Task = SILENT,
) -> Cover:
    """Chooses vectors that cover all others. The time grows with n times `count`.

    Parameters
    ----------
    vectors : array of float, shape (n, dim)
        Unit rows, n >= 1.
    count : int
        How many at most: fewer if all others are copies of those chosen.
    weights : array of float, shape (n,), optional
        What each counts, such as seconds.
    same : float
        Cosine from which two are copies: together they count as one, and at most one of them is chosen.
    avoid : array of bool, shape (n,), optional
        Not to be chosen, as long as there are others.
    chance : float, optional
        See `compute_covered`.
    task : Task, optional

    Raises
    ------
    Cancelled
    """
    weights = np.ones(len(vectors)) if weights is None else np.asarray(weights, float)
    rng = np.random.default_rng(0)
    candidates = _sample(np.flatnonzero(~avoid) if avoid is not None and not avoid.all() else None, vectors, rng)
    represented = _sample(None, vectors, rng, _REPRESENTED)
    weights = weights / _count_copies(vectors, represented, same)
    least = 1 - (1 - _UNRELATED) * (1 - compute_baseline_cosine(vectors))
    similar = np.maximum(vectors[represented] @ vectors[candidates].T - least, 0)
    copies = vectors[candidates] @ vectors[candidates].T >= min(same, 1 - 1e-5)
    chosen = _choose_greedily(similar, weights[represented], copies, count, task)
    numbers = candidates[chosen]
    nearest = (vectors @ vectors[numbers].T).argmax(axis=1)
    return Cover(numbers, nearest, compute_covered(vectors, vectors[numbers], weights=weights, chance=chance))


def compute_covered(
    vectors: Vectors,
    chosen: Vectors,
    *,
    weights: NDArray[np.floating] | None = None,
    chance: float | None = None,
) -> float:
    """How much of a collection a choice stands for.

    The mean cosine of everything with the nearest of what is chosen, on a scale from chance to the same. As the squared
    distance of unit vectors is 2 - 2 cos, it is also the share of the mean squared distance that is explained.

    Parameters
    ----------
    vectors : array of float, shape (n, dim)
        Unit rows.
    chosen : array of float, shape (k, dim)
        Unit rows.
    weights : array of float, shape (n,), optional
        What each counts.
    chance : float, optional
        The cosine that counts as 0: that of two things that have nothing in common. Default: the mean of all pairs of
        the collection, so that 0 is one of it at random.

    Returns
    -------
    float
        0 (no better than chance) to 1 (each is there itself).
    """
    chance = compute_baseline_cosine(vectors) if chance is None else chance
    if chance > 1 - 1e-5:
        return 1.0
    reached = float(np.average((vectors @ chosen.T).max(axis=1), weights=weights))
    return float(np.clip((reached - chance) / (1 - chance), 0.0, 1.0))


def _sample(numbers: Numbers | None, vectors: Vectors, rng: np.random.Generator, most: int = _CANDIDATES) -> Numbers:
    numbers = np.arange(len(vectors)) if numbers is None else numbers
    return numbers if len(numbers) <= most else np.sort(rng.choice(numbers, most, replace=False))


def _count_copies(vectors: Vectors, represented: Numbers, same: float) -> NDArray[np.float64]:
    """(n,) how many of the represented ones are copies of each, itself included."""
    if same >= 1:
        return np.ones(len(vectors))
    counts = np.ones(len(vectors))
    rows = vectors[represented]
    counts[represented] = (rows @ rows.T >= same).sum(axis=1).clip(1)
    return counts


def _choose_greedily(
    similar: NDArray[np.floating], weights: NDArray[np.floating], copies: NDArray[np.bool_], count: int, task: Task
) -> list[int]:
    """Columns of (represented, candidates) similarities, each the one that raises the weighted sum of maxima most."""
    reached = np.zeros(len(similar), similar.dtype)
    open_ = np.ones(similar.shape[1], bool)
    chosen: list[int] = []
    stage = task.stage("choose")
    while len(chosen) < count and open_.any():
        task.check("Stopped before the summary was complete.")
        gains = weights @ np.maximum(similar - reached[:, None], 0)
        best = int(np.where(open_, gains, -1.0).argmax())
        chosen.append(best)
        open_ &= ~copies[best]
        np.maximum(reached, similar[:, best], out=reached)
        stage.report(len(chosen), count)
    return chosen
