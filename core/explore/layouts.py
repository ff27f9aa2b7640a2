"""Layouts of maps: principal components and t-SNE (UMAP: `core.explore.umap_layout`), with progress and cancellation.

t-SNE: van der Maaten and Hinton 2008; its fast form: Linderman et al. 2019, "FIt-SNE". It starts from the principal
components, as UMAP does, which keeps the large structure and makes a layout repeatable (Kobak and Linderman 2021,
"Initialization is critical").
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.progress import Task
from core.vectors.neighbors import Neighbors
from core.vectors.pca import principal_components, project_onto

Places = NDArray[np.float32]

UMAP_NEIGHBORS = 15
PERPLEXITY = 30
_EXAGGERATED, _STEPS = 250, 500  # of t-SNE
_LEAST_RATE = 50.0  # learning rate of t-SNE: the usual rule (Belkina et al. 2019) gives few points one that is too low
_EQUAL = 1e-6  # difference due to rounding
_running = threading.Lock()  # one layout at a time: numba's workqueue threads abort the process when two use them


class Watch:
    """Progress and cancellation of a layout."""

    def __init__(self, task: Task) -> None:
        self._task, self._stage = task, task.stage("layout", "steps")

    def report_progress(self, done: int, total: int | None) -> None:
        """Raises Cancelled if the task is cancelled."""
        self._task.check("Stopped before the map was laid out.")
        self._stage.report(done, total)


@contextmanager
def exclusive(watch: Watch) -> Iterator[None]:
    """Waits until no other layout runs in this process. Raises Cancelled."""
    while not _running.acquire(timeout=0.2):
        watch.report_progress(0, None)
    try:
        watch.report_progress(0, None)  # the first layout compiles for a while; the stage "neighbors" is over
        yield
    finally:
        _running.release()


def project_principal(vectors: Vectors, dims: int) -> Places:
    """(n, dims) principal components; 0 where few points have fewer of them."""
    places = np.zeros((len(vectors), dims), np.float32)
    count = min(dims, len(vectors) - 1, vectors.shape[1])
    if count and np.ptp(vectors, axis=0).max() > _EQUAL:
        places[:, :count] = project_onto(vectors, *principal_components(vectors, count))
    return places


def layout_tsne(start: Places, nearest: Neighbors, seed: int, watch: Watch) -> Places:
    """t-SNE in one thread: two take twice the work, and on a busy machine wait for one another for minutes."""
    from openTSNE import TSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    distances = np.sqrt(np.maximum(0, 2 - 2 * nearest.cosines.astype(np.float64)))
    known = PrecomputedNeighbors(nearest.numbers, distances)
    perplexity = min(PERPLEXITY, nearest.k / 3)
    affinities = PerplexityBasedNN(knn_index=known, perplexity=perplexity)
    start = add_noise(start, np.random.RandomState(seed))
    layout = TSNE(
        start.shape[1], random_state=seed, callbacks_every_iters=10,
        negative_gradient_method="auto" if start.shape[1] == 2 else "bh",
    ).prepare_initial(affinities=affinities, initialization=1e-4 * start / start.std())  # fmt: skip

    def report(before: int, step: int, *_: object) -> bool:
        watch.report_progress(before + step, _EXAGGERATED + _STEPS)
        return False

    for before, steps, exaggeration, momentum in ((0, _EXAGGERATED, 12, 0.5), (_EXAGGERATED, _STEPS, None, 0.8)):
        layout.optimize(
            steps, exaggeration=exaggeration, momentum=momentum, callbacks=partial(report, before), inplace=True,
            learning_rate=max(_LEAST_RATE, len(start) / (exaggeration or 1)), propagate_exception=True,
        )  # fmt: skip
    return np.asarray(layout, np.float32)


def add_noise(places: Places, rng: np.random.RandomState) -> Places:
    """Places of standard deviation 1 with a little noise, without which equal ones would stay equal."""
    scaled = places / max(float(places.std()), 1e-9)
    return (scaled + rng.normal(scale=1e-3, size=places.shape)).astype(np.float32)
