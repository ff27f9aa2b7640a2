"""The layouts behind maps: principal components, UMAP and t-SNE, each seeded, telling how far it is, and stoppable.

UMAP: McInnes et al. 2018, "UMAP: Uniform Manifold Approximation and Projection". t-SNE: van der Maaten and Hinton 2008;
its fast form: Linderman et al. 2019, "FIt-SNE". Both start from the principal components, which keeps the large
structure and makes a layout repeatable (Kobak and Linderman 2021, "Initialization is critical").
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.errors import Cancelled
from core.progress import OnProgress, Progress
from core.vectors.neighbors import Neighbors
from core.vectors.pca import principal_components, project_onto

Places = NDArray[np.float32]

UMAP_NEIGHBORS = 15
PERPLEXITY = 30
_MIN_DISTANCE, _SPREAD = 0.1, 1.0
_OTHERS = 5  # points that are pushed away for each one that is pulled nearer
_EXAGGERATED, _STEPS = 250, 500  # of t-SNE
_LEAST_RATE = 50.0  # of t-SNE's learning: what its rule (Belkina et al. 2019) gives few points moves nothing
_EQUAL = 1e-6  # difference that rounding makes
_running = threading.Lock()  # one layout at a time: numba's plainest threads abort the process when two use them


@dataclass(frozen=True, slots=True)
class Watch:
    """Tells how far a layout is, and whether it is to stop."""

    on_progress: OnProgress | None
    cancel: threading.Event | None
    started: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "started", time.monotonic())

    def report_progress(self, done: int, total: int | None) -> None:
        """Raises Cancelled where somebody has asked to stop."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled("Stopped before the map was laid out.")
        if self.on_progress:
            self.on_progress(Progress("layout", done, total, time.monotonic() - self.started, "steps"))


@contextmanager
def exclusive(watch: Watch) -> Iterator[None]:
    while not _running.acquire(timeout=0.2):
        watch.report_progress(0, None)
    try:
        watch.report_progress(
            0, None
        )  # compiling takes a while, the first time: the neighbours are no longer what it waits for
        yield
    finally:
        _running.release()


def project_principal(vectors: Vectors, dims: int) -> Places:
    """(n, dims) principal components; what few points do not have is zero."""
    places = np.zeros((len(vectors), dims), np.float32)
    count = min(dims, len(vectors) - 1, vectors.shape[1])
    if count and np.ptp(vectors, axis=0).max() > _EQUAL:
        places[:, :count] = project_onto(vectors, *principal_components(vectors, count))
    return places


def layout_umap(start: Places, nearest: Neighbors, seed: int, watch: Watch) -> Places:
    """One thread: with more, steps overwrite one another, and no layout could be had a second time."""
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, make_epochs_per_sample

    step = _compiled_step()
    rng = np.random.RandomState(seed)
    itself = np.arange(len(start))[:, None]  # UMAP counts each point among its neighbours
    numbers = np.concatenate([itself, nearest.numbers], axis=1)
    distances = np.concatenate([0 * itself, np.maximum(0, 1 - nearest.cosines)], axis=1).astype(np.float32)
    graph = fuzzy_simplicial_set(start, numbers.shape[1], rng, "cosine", {}, numbers, distances)[0].tocoo()
    steps = 500 if len(start) <= 10_000 else 200
    cached = graph.data >= graph.data.max() / steps  # of the others not one would be drawn
    places = _add_noise(start, rng)
    places -= places.min(axis=0)
    places *= 10 / places.max(axis=0)
    every = make_epochs_per_sample(graph.data[cached], steps)
    curve = find_ab_params(_SPREAD, _MIN_DISTANCE)
    _attract(step, places, graph.row[cached], graph.col[cached], every, curve, steps, rng, watch)
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
    """Moves places, joined ones nearer and others apart. every: after how many steps each join is drawn.

    UMAP's own loop around the same steps can be stopped only from within its progress bar, which would leave the lock
    of all such bars closed for good.
    """
    states = rng.randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1, 3).astype(np.int64)
    state = states[None] + places[:, :1].astype(np.float64).view(np.int64)  # each point draws numbers of its own
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
    """One step of UMAP; compiled once more because the library's own stops all other threads while it runs.

    What is compiled, UMAP's other functions too, is kept on disk where numba can write: every process apart is a first
    one, and compiling takes six seconds of work and 60 MB.
    """
    import numba
    from umap import umap_
    from umap.layouts import _optimize_layout_euclidean_single_epoch

    compiled = numba.njit(fastmath=True, nogil=True)(_optimize_layout_euclidean_single_epoch)
    for entry in (compiled, umap_.smooth_knn_dist, umap_.compute_membership_strengths):
        with suppress(RuntimeError):  # nowhere to write
            entry.enable_caching()
    return compiled  # type: ignore[no-any-return]


def layout_tsne(start: Places, nearest: Neighbors, seed: int, watch: Watch) -> Places:
    """One thread: two take twice the work, and on a busy machine wait for one another for minutes."""
    from openTSNE import TSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    distances = np.sqrt(np.maximum(0, 2 - 2 * nearest.cosines.astype(np.float64)))
    known = PrecomputedNeighbors(nearest.numbers, distances)
    perplexity = min(PERPLEXITY, nearest.k / 3)
    affinities = PerplexityBasedNN(knn_index=known, perplexity=perplexity)
    start = _add_noise(start, np.random.RandomState(seed))
    layout = TSNE(
        start.shape[1], random_state=seed, callbacks_every_iters=10,
        negative_gradient_method="auto" if start.shape[1] == 2 else "bh",
    ).prepare_initial(affinities=affinities, initialization=1e-4 * start / start.std())  # fmt: skip

    def told(before: int, step: int, *_: object) -> bool:
        watch.report_progress(before + step, _EXAGGERATED + _STEPS)
        return False

    for before, steps, exaggeration, momentum in ((0, _EXAGGERATED, 12, 0.5), (_EXAGGERATED, _STEPS, None, 0.8)):
        layout.optimize(
            steps, exaggeration=exaggeration, momentum=momentum, callbacks=partial(told, before), inplace=True,
            learning_rate=max(_LEAST_RATE, len(start) / (exaggeration or 1)), propagate_exception=True,
        )  # fmt: skip
    return np.asarray(layout, np.float32)


def _add_noise(places: Places, rng: np.random.RandomState) -> Places:
    """Places of standard deviation 1 with a little noise: equal ones could never part."""
    scaled = places / max(float(places.std()), 1e-9)
    return (scaled + rng.normal(scale=1e-3, size=places.shape)).astype(np.float32)
