"""A picture of points in the plane or in space: PCA at once, UMAP or t-SNE where neighbours are to stay neighbours.

A map that was made once is kept (`core.map_cache`), and so are the places of its points when the library changes.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import faiss
import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.errors import DataError
from core.isolation.calls import run_isolated
from core.layouts import (
    PERPLEXITY,
    UMAP_NEIGHBORS,
    Places,
    Watch,
    exclusive,
    layout_tsne,
    layout_umap,
    project_principal,
)
from core.map_cache import CachedLayout, layout_cache_file, load_cached_layout, store_layout
from core.progress import OnProgress
from core.vectors.neighbors import Neighbors, find_nearest_neighbors

if TYPE_CHECKING:  # loads tables
    from core.library.points import Points

Method = Literal["pca", "umap", "tsne"]

_FEWEST = 8  # points that neighbours can say anything about; fewer are laid out by PCA
_WITHIN = 0.99  # share of the points that lies in -1..1
_FARTHEST = 10.0
_EQUAL = 1e-6
_MOST_LATER = 1 / 3  # share of new points beyond which the others say too little about their places
_BESIDE = 8  # known neighbours that a new point is placed by
_TOGETHER = 0.05  # apart on the map, at most
_SPREAD = 0.004  # of new points around their places, so that equal ones can be told apart
_BLOCK = 1_024


@dataclass(frozen=True, eq=False)
class Projection:
    """n points laid out. keys: as `Points.keys`. places: (n, dims), see `project`.

    placed_later: how many were placed beside their neighbours, after the others had been laid out. made_of: how many
    were laid out together. gap_closed: whether texts and pictures lie around one middle, each moved by its own mean.
    """

    method: Method
    keys: tuple[str, ...]
    places: Places
    placed_later: int
    made_of: int
    gap_closed: bool


def project_vectors(
    vectors: Vectors,
    *,
    method: Method = "umap",
    dims: int = 2,
    seed: int = 0,
    neighbors: Neighbors | None = None,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Places:
    """(n, dims) places of (n, dim) unit vectors, dims 2 or 3: centred, 99 % of them within -1..1, none beyond
    -10..10.

    The same vectors and seed give the same places. neighbours: of these vectors, where they are known already; 15 of
    each serve UMAP and 90 t-SNE, and fewer make do. Fewer than 8 points are laid out by PCA, whatever the method.
    Raises DataError for another method or number of dimensions, and Cancelled.
    """
    if method not in get_args(Method) or dims not in (2, 3):
        raise DataError(f"A map is made by {', '.join(get_args(Method))} in 2 or 3 dimensions, not by {method!r}.")
    if len(vectors) == 0:
        raise DataError("There is nothing to lay out.")
    watch = Watch(on_progress, cancel)
    watch.report_progress(0, None)
    places = project_principal(vectors, dims)
    if method != "pca" and len(vectors) >= _FEWEST:
        target = min(len(vectors) - 1, UMAP_NEIGHBORS if method == "umap" else 3 * PERPLEXITY)
        near = neighbors if neighbors is not None and neighbors.k else None
        near = (near or find_nearest_neighbors(vectors, target, on_progress=on_progress, cancel=cancel)).first(target)
        with exclusive(watch):
            places = (layout_umap if method == "umap" else layout_tsne)(places, near, seed, watch)
    return _scale(places)


def project_isolated(
    vectors: Vectors,
    *,
    method: Method = "umap",
    dims: int = 2,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Places:
    """As `project`, in a process of its own (`core.isolation.calls`) where it is more than PCA, which loads nothing:
    what UMAP compiles is some 300 MB. Raises ApartError too."""
    if method == "pca":
        return project_vectors(vectors, method=method, dims=dims, on_progress=on_progress, cancel=cancel)
    return run_isolated(project_vectors, vectors, method=method, dims=dims, on_progress=on_progress, cancel=cancel)


def layout_points(
    points: Points,
    *,
    method: Method = "umap",
    dims: int = 2,
    rebuild: bool = False,
    in_subprocess: bool = False,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Projection:
    """The map of points, kept in the home folder: as it was made before, as far as the points are the same.

    Known points keep their places; new ones are placed beside their nearest known neighbours and move nothing, unless
    they are more than a third: then all are laid out anew, as with `anew`. apart: in a process of its own, see
    `project_isolated`. Raises as `project` does.
    """
    keys, states, vectors = tuple(points.keys), tuple(points.states), points.centered
    file = layout_cache_file(points, method, dims)
    cached = load_cached_layout(file, dims) if file and not rebuild else None
    watch = Watch(on_progress, cancel)
    known = None if cached is None else cached.rows_of(keys, states)
    if cached is None or known is None or np.mean(known < 0) > _MOST_LATER:
        lay_out = project_isolated if in_subprocess else project_vectors
        places = lay_out(vectors, method=method, dims=dims, on_progress=on_progress, cancel=cancel)
        made = CachedLayout(keys, places, np.zeros(len(keys), bool), states)
        changed = True
    else:
        made, changed = _extend(cached, known, (keys, states), vectors, watch), bool((known < 0).any())
    if file and changed:
        store_layout(file, made)
    at = made.rows_of(keys, states)
    later = int(made.later[at].sum())
    return Projection(method, keys, made.places[at], later, int((~made.later).sum()), vectors is not points.vectors)


def _extend(
    cached: CachedLayout,
    known: NDArray[np.int64],
    predictions: tuple[tuple[str, ...], tuple[str, ...]],
    vectors: Vectors,
    watch: Watch,
) -> CachedLayout:
    """A kept map with the new points placed, those that changed anew. told: keys and states of all points.

    Places that no key asks for stay: filters come and go.
    """
    new = np.flatnonzero(known < 0)
    old = np.flatnonzero(known >= 0)
    names = tuple(predictions[0][number] for number in new)
    places = _place_beside(vectors[new], names, vectors[old], cached.places[known[old]], watch)
    changed = set(names)
    stays = np.array([key not in changed for key in cached.keys], bool)
    states = dict(zip(cached.keys, cached.states, strict=False)) | dict(zip(*predictions, strict=True))
    all_keys = tuple(key for key, stay in zip(cached.keys, stays, strict=True) if stay) + names
    return CachedLayout(
        all_keys,
        np.concatenate([cached.places[stays], places]),
        np.append(cached.later[stays], np.ones(len(new), bool)),
        tuple(states.get(key, "") for key in all_keys),
    )


def _place_beside(new: Vectors, names: tuple[str, ...], old: Vectors, places: Places, watch: Watch) -> Places:
    """(m, dims) places of new vectors: where their nearest known ones lie closest together.

    A weighted mean of those alone, for the mean of all would often fall between two groups, where nothing is.
    """
    found = np.empty((len(new), places.shape[1]), np.float32)
    for start in range(0, len(new), _BLOCK):
        watch.report_progress(start, len(new))
        rows = slice(start, start + _BLOCK)
        cosines, numbers = faiss.knn(new[rows], old, min(_BESIDE, len(old)), metric=faiss.METRIC_INNER_PRODUCT)
        weights = 1 / np.maximum(1 - cosines, 1e-4) ** 2
        around = places[numbers]
        together = np.linalg.norm(around[:, :, None] - around[:, None], axis=3) < _TOGETHER
        densest = np.argmax((together * weights[:, None]).sum(axis=2), axis=1)
        weights *= together[np.arange(len(around)), densest]
        found[rows] = np.einsum("nk,nkd->nd", weights / weights.sum(axis=1, keepdims=True), around)
        found[rows] += np.stack([_small_step(name, places.shape[1]) for name in names[rows]])
    return found


def _small_step(name: str, dims: int) -> Places:
    """(dims,) a step that is the same for a name at any time."""
    seed = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).normal(scale=_SPREAD, size=dims).astype(np.float32)


def _scale(places: Places) -> Places:
    """Centred, all axes divided by one number, so that shapes keep."""
    low, high = np.quantile(places, [(1 - _WITHIN) / 2, (1 + _WITHIN) / 2], axis=0)
    centered = places - (low + high) / 2
    half = max(float(np.max(high - low)) / 2, float(np.abs(centered).max()) / _FARTHEST)
    return np.asarray(centered / (half if half > _EQUAL else 1.0), np.float32)
