"""Outliers: what is far from all others, alone or in a small group, with a reason."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from core.cleanup.outliers import UNUSUAL, find_outliers
from core.encoders.base import Vectors, unit_rows
from core.errors import Cancelled
from core.progress import Progress, Task
from core.vectors.neighbors import find_nearest_neighbors


@pytest.fixture
def crowd() -> Vectors:
    """300 unit vectors of 6 groups of 50, in 64 dimensions."""
    rng = np.random.default_rng(0)
    return unit_rows(np.repeat(rng.normal(size=(6, 64)), 50, axis=0) + 0.7 * rng.normal(size=(300, 64)))


def strange(count: int, *, spread: float, seed: int = 9) -> Vectors:
    rng = np.random.default_rng(seed)
    return unit_rows(rng.normal(size=(1, 64)) + spread * rng.normal(size=(count, 64)))


def test_single_ones_come_first(crowd: Vectors) -> None:
    vectors = np.concatenate([crowd, strange(5, spread=9.0)])
    found = find_outliers(vectors, top=5)
    assert {entry.number for entry in found} == {300, 301, 302, 303, 304}
    assert all(0 < entry.score <= 1 for entry in found)
    assert [entry.score for entry in found] == sorted((entry.score for entry in found), reverse=True)
    assert found[0].neighbors == tuple(find_nearest_neighbors(vectors, 5).numbers[found[0].number])


def test_a_handful_of_strange_ones_is_found(crowd: Vectors) -> None:
    vectors = np.concatenate([crowd, strange(7, spread=0.3)])
    found = find_outliers(vectors, top=7)
    assert {entry.number for entry in found} == set(range(300, 307))
    assert "all but a few like it" in found[0].reason


def test_a_small_group_that_is_no_stranger_than_the_others_is_not_found() -> None:
    """Nine pictures of one event, among photos that differ more or less from each other."""
    rng = np.random.default_rng(4)
    own = rng.uniform(0.6, 1.2, (300, 1)) * rng.normal(size=(300, 64))
    photos = unit_rows(np.repeat(rng.normal(size=(6, 64)), 50, axis=0) + own)
    event = unit_rows(photos[:1] + 0.05 * rng.normal(size=(9, 64)))
    found = find_outliers(np.concatenate([photos, event, strange(5, spread=0.3)]), top=20)
    assert {entry.number for entry in found[:5]} == set(range(309, 314))
    assert not {entry.number for entry in found if entry.score >= UNUSUAL} & set(range(300, 309))


def test_few_of_an_ordinary_crowd_are_listed(crowd: Vectors) -> None:
    assert sum(outlier.score >= UNUSUAL for outlier in find_outliers(crowd, top=300)) <= 6


def test_a_burst_of_copies_is_nothing_strange(crowd: Vectors) -> None:
    vectors = np.concatenate([crowd, np.repeat(crowd[10:11], 3, axis=0), strange(3, spread=9.0)])
    found = find_outliers(vectors, top=3)
    assert {entry.number for entry in found} == {303, 304, 305}


def test_a_strange_one_comes_before_usual_ones_with_many_copies() -> None:
    """Photos differ by more than copies do, and some more than others."""
    rng = np.random.default_rng(4)
    own = rng.uniform(0.6, 1.2, (300, 1)) * rng.normal(size=(300, 64))
    photos = unit_rows(np.repeat(rng.normal(size=(6, 64)), 50, axis=0) + own)
    usual = np.argsort(find_nearest_neighbors(photos, 10).cosines.mean(axis=1))[140:160:7]
    copies = unit_rows(np.repeat(photos[usual], 8, axis=0) + 0.02 * rng.normal(size=(24, 64)))
    vectors = np.concatenate([photos, copies, strange(1, spread=0.0)])
    scores = {outlier.number: outlier.score for outlier in find_outliers(vectors, top=325)}
    assert max(scores, key=lambda number: scores[number]) == 324
    assert scores[324] > UNUSUAL


def test_stopped(crowd: Vectors) -> None:
    stop, predictions = threading.Event(), list[Progress]()

    def tell(progress: Progress) -> None:
        predictions.append(progress)
        stop.set()

    with pytest.raises(Cancelled):
        find_outliers(crowd, task=Task(tell, stop))
    assert len(predictions) == 1


def test_reasons_name_neighbours_and_clusters(crowd: Vectors) -> None:
    vectors = np.concatenate([crowd, strange(1, spread=0.0)])
    clusters = np.append(np.repeat(np.arange(6), 50), -1)
    (first,) = find_outliers(vectors, cluster_of=clusters, names=[f"picture {n}" for n in range(301)], top=1)
    assert first.number == 300
    assert f"nearest: picture {first.neighbors[0]}" in first.reason
    assert "in no cluster" in first.reason
    assert "usually" in first.reason
    clusters[300] = 2
    assert "in cluster 3" in find_outliers(vectors, cluster_of=clusters, top=1)[0].reason


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 0), (2, 2), (4, 4)])
def test_few_vectors(count: int, expected: int, crowd: Vectors) -> None:
    assert len(find_outliers(crowd[:count])) == expected


def test_all_equal_is_all_usual(crowd: Vectors) -> None:
    assert {outlier.score for outlier in find_outliers(np.repeat(crowd[:1], 30, axis=0))} == {0.0}
