"""Neighbours: the true ones, never oneself, for few vectors and for many."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from core.encoders.base import Vectors, unit_rows
from core.errors import Cancelled
from core.progress import Progress, Task
from core.vectors.neighbors import EXACT_UP_TO, find_nearest_neighbors


def clustered(count: int, dim: int = 33, *, seed: int = 0) -> Vectors:
    """Unit rows in loose groups of about twenty, as photos are."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(max(1, count // 20), dim))
    return unit_rows(centers[rng.integers(len(centers), size=count)] + 0.5 * rng.normal(size=(count, dim)))


def truth(vectors: Vectors, k: int) -> np.ndarray:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    return np.argsort(-cosines, axis=1)[:, :k]


either_way = pytest.mark.parametrize("exact_up_to", [EXACT_UP_TO, 1_000], ids=["exact", "sketched"])


@either_way
def test_nearest_are_the_nearest(exact_up_to: int) -> None:
    many = clustered(3_000)
    found = find_nearest_neighbors(many, 10, exact_up_to=exact_up_to)
    right = truth(many, 10)
    recall = np.mean([len(set(row) & set(other)) / 10 for row, other in zip(found.numbers, right, strict=True)])
    assert recall > 0.95
    own = np.take_along_axis(many @ many.T, found.numbers, axis=1)
    np.testing.assert_allclose(found.cosines, own, atol=1e-5)
    assert (np.diff(found.cosines, axis=1) <= 1e-6).all(), "best first"


@either_way
def test_equal_vectors_are_neighbours_and_none_its_own(exact_up_to: int) -> None:
    many = clustered(3_000)
    many[100:140] = many[7]
    found = find_nearest_neighbors(many, 6, exact_up_to=exact_up_to)
    assert not (found.numbers == np.arange(len(many))[:, None]).any()
    assert found.numbers.min() >= 0
    assert set(found.numbers[120]) <= {7, *range(100, 140)}
    assert len(set(found.numbers[120])) == 6


def test_lists_too_short_for_k_are_made_up_for() -> None:
    found = find_nearest_neighbors(clustered(400), 300, exact_up_to=100)
    assert found.numbers.min() >= 0
    assert all(len(set(row)) == 300 for row in found.numbers)


@pytest.mark.parametrize(("count", "k", "expected"), [(0, 5, (0, 0)), (1, 5, (1, 0)), (3, 5, (3, 2)), (9, 0, (9, 0))])
def test_few_vectors(count: int, k: int, expected: tuple[int, int]) -> None:
    assert (
        find_nearest_neighbors(clustered(count) if count else np.empty((0, 33), np.float32), k).numbers.shape
        == expected
    )


def test_progress_and_cancel() -> None:
    predictions: list[Progress] = []
    find_nearest_neighbors(clustered(3_000), 3, task=Task(predictions.append))
    assert [entry.done for entry in predictions][-1] == predictions[-1].total == 3_000
    stop = threading.Event()
    with pytest.raises(Cancelled):
        find_nearest_neighbors(clustered(3_000), 3, task=Task(lambda _: stop.set(), stop))
