"""Seconds and memory of what the map is made of: neighbours, layouts, clusters."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors, unit_rows
from core.errors import DataError
from core.evaluation.datasets import embed_files
from core.explore.clustering import find_clusters
from core.explore.layouts import UMAP_NEIGHBORS
from core.explore.projection import project_vectors
from core.library.ingest.scan import scan
from core.media.kinds import is_image_path
from core.progress import SILENT, Task
from core.vectors.neighbors import find_nearest_neighbors

_MIN_IMAGES = 100
_MIDDLES = 60  # of the mixture that stands for a library
_ROUND = 1.2  # length of the noise around a middle of length 1: cosines within a group are about 0.4
_CHUNK = 10_000
_FIRST = 100  # vectors of the first layout, which is there to load and compile


@task_keywords
def bench_map(
    encoder: Encoder, *, images: Path | None = None, count: int | None = None, task: Task = SILENT
) -> dict[str, Any]:
    """Seconds of each step for `count` vectors, and the most memory (MiB) that the process has held.

    Of pictures in a folder (the first `count`, or all; embedding them is not timed), or else synthetic ones: a mixture
    of Gaussians on the sphere, 5,000 without a count. "umap_first" is a small layout before the others: loading and
    compiling. "umap" is given its neighbours. Raises DataError for fewer than 100.
    """
    if count is not None and count < _MIN_IMAGES:
        raise DataError(f"There is nothing to time: the count must be at least {_MIN_IMAGES}.")
    if images is None:
        vectors = mixture(count or 5_000, encoder.dim)
    else:
        names = [str(Path(path).relative_to(images.absolute())) for path in scan([images], target=is_image_path).files]
        vectors = embed_files(encoder, images, names[:count], task=task).vectors
    if len(vectors) < _MIN_IMAGES:
        raise DataError(f"{images} holds {len(vectors)} pictures; at least {_MIN_IMAGES} are needed.")
    seconds: dict[str, float] = {}
    with _measure_time(seconds, "umap_first"):
        project_vectors(vectors[:_FIRST], method="umap")
    with _measure_time(seconds, "pca"):
        project_vectors(vectors, method="pca")
    with _measure_time(seconds, "neighbours"):
        neighbors = find_nearest_neighbors(vectors, UMAP_NEIGHBORS, task=task)
    with _measure_time(seconds, "umap"):
        project_vectors(vectors, method="umap", neighbors=neighbors, task=task)
    with _measure_time(seconds, "clusters_kmeans"):
        clusters = find_clusters(vectors, method="kmeans", task=task)
    return {
        "vectors": len(vectors),
        "dim": vectors.shape[1],
        "made_of": "mixture" if images is None else "pictures",
        "clusters": clusters.count,
        "seconds": seconds,
        "seconds_in_all": round(sum(seconds.values()), 1),
        "peak_memory_mib": _peak_mib(),
    }


def mixture(count: int, dim: int) -> Vectors:
    """(count, dim) unit rows around some 60 middles of unequal weight. The same for the same arguments."""
    rng = np.random.default_rng(0)
    middles = unit_rows(rng.standard_normal((_MIDDLES, dim), np.float32))
    of = rng.choice(_MIDDLES, count, p=rng.dirichlet(np.ones(_MIDDLES)))
    found = np.empty((count, dim), np.float32)
    for first in range(0, count, _CHUNK):
        rows = slice(first, min(count, first + _CHUNK))
        noise = rng.standard_normal((rows.stop - first, dim), np.float32)
        found[rows] = unit_rows(middles[of[rows]] + noise * np.float32(_ROUND / np.sqrt(dim)))
    return found


@contextmanager
def _measure_time(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - started, 2)


def _peak_mib() -> float | None:
    """None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 if sys.platform != "darwin" else 1024**2), 1)
