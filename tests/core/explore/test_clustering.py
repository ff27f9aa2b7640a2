"""Clusters of vectors whose groups are known; the points that stand for them."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from core.encoders.base import Vectors, unit_rows
from core.errors import Cancelled, DataError
from core.explore.clustering import Method, compute_agreement, find_clusters
from core.explore.exemplars import cover_points, find_medoids, find_representatives
from core.progress import Progress, Task

SIZES = (120, 80, 50, 30)


@pytest.fixture(scope="module")
def grouped() -> tuple[Vectors, np.ndarray]:
    """280 unit rows in 100 dimensions, around four directions, in no order; and the direction of each."""
    rng = np.random.default_rng(1)
    truth = rng.permutation(np.repeat(np.arange(len(SIZES)), SIZES))
    directions = unit_rows(rng.normal(size=(len(SIZES), 100)))
    return unit_rows(3 + 10 * directions[truth] + 0.5 * rng.normal(size=(len(truth), 100))), truth


@pytest.mark.parametrize("method", ["kmeans", "hdbscan", "agglomerative"])
def test_groups_are_found_and_numbered_by_size(grouped: tuple[Vectors, np.ndarray], method: Method) -> None:
    vectors, truth = grouped
    predictions: list[Progress] = []
    found = find_clusters(vectors, method=method, task=Task(predictions.append))
    assert found.count == 4 and found.sizes.tolist() == list(SIZES)
    assert compute_agreement(found.labels, truth.tolist()).ari == pytest.approx(1.0)
    assert found.silhouette is not None and found.silhouette > 0.5
    assert np.allclose(np.linalg.norm(found.centers, axis=1), 1, atol=1e-5)
    assert ((vectors @ found.centers.T).argmax(axis=1) == found.labels).all()
    assert predictions and predictions[-1].fraction == 1.0


@pytest.mark.parametrize("method", ["kmeans", "agglomerative"])
def test_as_many_as_are_asked_for(grouped: tuple[Vectors, np.ndarray], method: Method) -> None:
    vectors, _ = grouped
    seven = find_clusters(vectors, method=method, k=7)
    assert seven.count == 7 and seven.sizes.tolist() == sorted(seven.sizes.tolist(), reverse=True)
    assert (seven.labels == find_clusters(vectors, method=method, k=7).labels).all()  # the same each time
    one = find_clusters(vectors, method=method, k=1)
    assert one.count == 1 and one.silhouette is None


def test_density_leaves_out_what_lies_between(grouped: tuple[Vectors, np.ndarray]) -> None:
    vectors, _ = grouped
    stray = unit_rows(np.random.default_rng(2).normal(size=(8, 100)))
    found = find_clusters(np.concatenate([vectors, stray]), method="hdbscan")
    assert (found.labels[:280] >= 0).mean() > 0.95 and (found.labels[280:] == -1).mean() > 0.5
    assert found.sizes.sum() == (found.labels >= 0).sum()


@pytest.mark.slow
def test_many_points_take_the_same_ways(grouped: tuple[Vectors, np.ndarray]) -> None:
    """Beyond 2,000 points Ward's method starts from micro-clusters, beyond 5,000 a sample chooses how many."""
    vectors, truth = grouped
    rng = np.random.default_rng(3)
    rows = rng.integers(0, len(vectors), 6_000)
    many = unit_rows(vectors[rows] + 0.01 * rng.normal(size=(6_000, 100)))
    for method in ("kmeans", "agglomerative", "hdbscan"):
        assert compute_agreement(find_clusters(many, method=method).labels, truth[rows].tolist()).nmi > 0.8, method


@pytest.mark.parametrize("method", ["kmeans", "hdbscan", "agglomerative"])
@pytest.mark.parametrize("count", [2, 3, 11])
def test_a_handful_of_points_and_equal_ones(count: int, method: Method) -> None:
    rng = np.random.default_rng(4)
    for vectors in (unit_rows(rng.normal(size=(count, 20))), np.tile(unit_rows(np.ones((1, 20))), (count, 1))):
        found = find_clusters(vectors, method=method)
        assert len(found.labels) == count and found.labels.max() == found.count - 1
        assert (found.sizes > 0).all() and np.isfinite(found.centers).all()


@pytest.mark.parametrize("sizes", [(5,), (20,), (60, 15), (200, 20)])
def test_equal_points_are_a_cluster_by_density_too(sizes: tuple[int, ...]) -> None:
    rows = np.eye(4, dtype=np.float32)[np.repeat(np.arange(len(sizes)), sizes)]
    assert sorted(find_clusters(rows, method="hdbscan").sizes.tolist(), reverse=True) == list(sizes)


def test_what_cannot_be_clustered_says_why(grouped: tuple[Vectors, np.ndarray]) -> None:
    vectors, _ = grouped
    for given, says in (
        ({"k": 281}, "cannot make"),
        ({"k": 0}, "1 to 280"),
        ({"k": 3, "method": "hdbscan"}, "leave k out"),
        ({"method": "magic"}, "kmeans, hdbscan"),
    ):
        with pytest.raises(DataError, match=says):
            find_clusters(vectors, **given)
    with pytest.raises(DataError, match="index more"):
        find_clusters(vectors[:1])


def test_a_search_that_is_stopped_keeps_the_best_so_far(grouped: tuple[Vectors, np.ndarray]) -> None:
    vectors, _ = grouped
    cancel = threading.Event()
    predictions: list[Progress] = []

    def stop(progress: Progress) -> None:
        predictions.append(progress)
        cancel.set()

    assert find_clusters(vectors, task=Task(stop, cancel)).count == 2
    assert len(predictions) == 1
    with pytest.raises(Cancelled):
        find_clusters(vectors, method="hdbscan", task=Task(cancel=cancel))
    with pytest.raises(Cancelled):
        cover_points(vectors, 5, task=Task(cancel=cancel))


def test_agreement_with_labels() -> None:
    assert compute_agreement([0, 0, 1, 1], ["a", "a", "b", "b"]).nmi == pytest.approx(1.0)
    assert compute_agreement([0, 1, 0, 1], ["a", "a", "b", "b"]).nmi == pytest.approx(0.0, abs=1e-9)
    assert compute_agreement([0, 1, 0, 1], ["a", "a", "b", "b"]).ari < 0.01


def test_the_middle_of_each_cluster(grouped: tuple[Vectors, np.ndarray]) -> None:
    vectors, _ = grouped
    found = find_clusters(vectors, k=4)
    middles = find_medoids(vectors, found)
    assert found.labels[middles].tolist() == [0, 1, 2, 3]
    for number, middle in enumerate(middles):
        cosines = vectors[found.members(number)] @ found.centers[number]
        assert vectors[middle] @ found.centers[number] == pytest.approx(cosines.max())


def test_representatives_are_central_and_unlike_each_other() -> None:
    """Two kinds in one cluster, and a stray: both kinds are shown, the stray is not."""
    kinds = unit_rows(np.array([[1, 0.3, 0, 0], [1, -0.3, 0, 0], [0, 0, 0, 1]], float))
    rng = np.random.default_rng(5)
    vectors = unit_rows(kinds[[0] * 20 + [1] * 20 + [2]] + 0.01 * rng.normal(size=(41, 4)))
    chosen = find_representatives(vectors, np.arange(41), 2)
    assert sorted(number // 20 for number in chosen) == [0, 1]
    assert len(find_representatives(vectors, np.arange(3), 9)) == 3
    assert (
        len(find_representatives(vectors, np.arange(1), 0)) == len(find_representatives(vectors, np.arange(0), 5)) == 0
    )


def test_a_few_points_cover_every_group(grouped: tuple[Vectors, np.ndarray]) -> None:
    vectors, truth = grouped
    assert set(truth[cover_points(vectors, 4)]) == {0, 1, 2, 3}
    chosen = cover_points(vectors, 40)
    random = np.random.default_rng(6).choice(len(vectors), 40, replace=False)
    assert (vectors @ vectors[chosen].T).max(axis=1).min() > (vectors @ vectors[random].T).max(axis=1).min()
    assert cover_points(vectors, 10).tolist() == chosen[:10].tolist()
    assert len(cover_points(vectors, 1_000)) == len(set(cover_points(vectors, 1_000).tolist())) == len(vectors)
    assert len(cover_points(vectors, 0)) == len(cover_points(vectors[:0], 3)) == 0
    assert len(cover_points(np.tile(vectors[:1], (9, 1)), 5)) == 1  # equal vectors add nothing
