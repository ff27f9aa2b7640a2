"""UMAP (McInnes et al. 2018, "Uniform Manifold Approximation and Projection") with our loop around umap's steps.

umap's public interface (`UMAP(precomputed_knn=..., init=...)`) does not replace the loop:

- It reports no progress and cannot be stopped: only its progress bar sees the steps, and an exception raised there
  leaves the lock of all such bars closed.
- It takes longer. A first map of 500 points in a fresh process took 8.0 s of processor time and 402 MB, with this loop
  3.0 s and 343 MB (umap-learn 0.5.12): umap compiles anew in each process, and its steps hold Python's lock.

So this module uses private functions of umap; `tests/core/explore/test_umap_layout.py` checks the installed version.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.explore.layouts import Places, Watch, add_noise
from core.vectors.neighbors import Neighbors

_MIN_DISTANCE, _SPREAD = 0.1, 1.0
_OTHERS = 5  # points pushed away for each one pulled nearer


def layout_umap(start: Places, nearest: Neighbors, seed: int, watch: Watch) -> Places:
    """(n, dims) places, from those of the principal components. One thread: with more, no layout is repeatable."""
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, make_epochs_per_sample

    step = _compiled_step()
    rng = np.random.RandomState(seed)
    itself = np.arange(len(start))[:, None]  # UMAP counts each point among its neighbors
    numbers = np.concatenate([itself, nearest.numbers], axis=1)
    distances = np.concatenate([0 * itself, np.maximum(0, 1 - nearest.cosines)], axis=1).astype(np.float32)
    graph = fuzzy_simplicial_set(start, numbers.shape[1], rng, "cosine", {}, numbers, distances)[0].tocoo()
    steps = 500 if len(start) <= 10_000 else 200
    drawn = graph.data >= graph.data.max() / steps  # the other edges are too weak to be drawn once
    places = add_noise(start, rng)
    places -= places.min(axis=0)
    places *= 10 / places.max(axis=0)
    every = make_epochs_per_sample(graph.data[drawn], steps)
    curve = find_ab_params(_SPREAD, _MIN_DISTANCE)
    _attract(step, places, graph.row[drawn], graph.col[drawn], every, curve, steps, rng, watch)
    return places


def _attract(
    step: Callable[..., None],
    places: Places,
    heads: NDArray[np.int32],
    tails: NDArray[np.int32],
    every: NDArray[np.float64],
    curve: tuple[float, float],
    steps: int,
    rng: np.random.RandomState,
    watch: Watch,
) -> None:
    """Moves places step by step: pulls the ends of edges together and pushes other points away.

    heads, tails, every: (edges,) their ends, and the number of steps after which each is drawn again.
    """
    states = rng.randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1, 3).astype(np.int64)
    state = states[None] + places[:, :1].astype(np.float64).view(np.int64)  # each point has random numbers of its own
    every_other = every / _OTHERS
    next_other, following, unused = every_other.copy(), every.copy(), np.zeros(1, np.float32)
    for number in range(steps):
        watch.report_progress(number, steps)
        step(
            places, places, heads, tails, len(places), every, *curve, state, 1.0, places.shape[1], True,
            1 - max(0, number - 1) / steps, every_other, next_other, following, number,
            False, unused, unused, 0, 0, 0, 0, unused, unused, 0,
        )  # fmt: skip
    watch.report_progress(steps, steps)


@cache
def _compiled_step() -> Callable[..., None]:
    """One step of UMAP, compiled to run without Python's lock: umap's own holds it, and stops all other threads.

    numba caches what it compiles on disk, since every child process would compile anew: six seconds and 60 MB.
    """
    import numba
    from umap import umap_
    from umap.layouts import _optimize_layout_euclidean_single_epoch

    compiled = numba.njit(fastmath=True, nogil=True)(_optimize_layout_euclidean_single_epoch)
    for entry in (compiled, umap_.smooth_knn_dist, umap_.compute_membership_strengths):
        with suppress(RuntimeError):  # nowhere to write
            entry.enable_caching()
    return compiled  # type: ignore[no-any-return]
