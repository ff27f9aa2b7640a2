"""Projection of points to a map, and the cache of maps, so that the next visit sees the same map at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import faiss
import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.errors import DataError
from core.explore.layouts import (
    PERPLEXITY,
    UMAP_NEIGHBORS,
    Places,
    Watch,
    exclusive,
    layout_tsne,
    project_principal,
)
from core.explore.umap_layout import layout_umap
from core.isolation.calls import run_isolated
from core.library.public.session_folders import cache_dir_for
from core.progress import SILENT, Task
from core.utils.array_files import SUFFIX, pack_arrays, unpack_arrays
from core.utils.cache_folder import CacheFolder
from core.vectors.neighbors import Neighbors, find_nearest_neighbors

if TYPE_CHECKING:  # loads tables
    from core.library.points import Points

Method = Literal["pca", "umap", "tsne"]

MAX_CACHED = 24  # maps; the least recently used are deleted
_FEWEST = 8  # points; fewer are laid out by PCA
_WITHIN = 0.99  # share of the points in -1..1
_FARTHEST = 10.0
_EQUAL = 1e-6
_MOST_LATER = 1 / 3  # share of new points above which all points are laid out anew
_BESIDE = 8  # known neighbors that determine the place of a new point
_TOGETHER = 0.05  # distance on the map
_SPREAD = 0.004  # of new points around their places, so that equal ones do not coincide
_BLOCK = 1_024


@dataclass(frozen=True, eq=False)
class CachedLayout:
    """A saved map. keys, places: (n,) and (n, dims). later: (n,) whether a point was placed after the layout.

    states: (n,) `Points.states` at that time; "" (unknown) counts as unchanged.
    """

    keys: tuple[str, ...]
    places: NDArray[np.float32]
    later: NDArray[np.bool_]
    states: tuple[str, ...] = ()

    def rows_of(self, keys: Sequence[str], states: Sequence[str]) -> NDArray[np.int64]:
        """(n,) the row of each point, -1 if it is new or has changed."""
        rows = {key: row for row, key in enumerate(self.keys)}
        then = self.states or ("",) * len(self.keys)
        pairs = ((rows.get(key, -1), state) for key, state in zip(keys, states, strict=True))
        return np.array([row if row >= 0 and then[row] in ("", state) else -1 for row, state in pairs], np.int64)


def layout_cache_file(points: Points, method: str, dims: int, *, cache_texts: bool = True) -> Path | None:
    """The cache file of a map, by library, encoder, unit (items or frames), method and dimensions.

    Filters share it, so that points keep their places. None for points of no library, and for points with texts
    unless `cache_texts`.
    """
    if points.library is None or (points.texts and not cache_texts):
        return None
    unit = "items" if np.isnan(points.start_s).all() else "frames"
    named = json.dumps([str(points.library), points.index.encoder_id, unit, method, dims])
    digest = hashlib.blake2b(named.encode(), digest_size=16).hexdigest()
    return cache_dir_for(points.library) / "maps" / f"{digest}{SUFFIX}"


def load_cached_layout(file: Path, dims: int) -> CachedLayout | None:
    """The map of a file; None if it is missing or damaged."""
    try:
        arrays, about = unpack_arrays(_folder_of(file).load(file.name) or b"")
        keys = tuple(str(key) for key in json.loads(about["keys"]))
        places, later = arrays["places"], arrays["later"]
        states = tuple(str(state) for state in json.loads(about.get("states", "[]")))
        sound = len(states) in (0, len(keys)) and places.shape == (len(keys), dims) and later.shape == (len(keys),)
    except (DataError, KeyError, ValueError, TypeError, RecursionError):
        return None
    return CachedLayout(keys, places, later > 0, states) if sound else None


def store_layout(file: Path, made: CachedLayout) -> None:
    """Saves a map and deletes the oldest ones. Does nothing if the folder cannot be written."""
    arrays = {"places": made.places, "later": made.later.astype(np.float32)}
    about = {"keys": json.dumps(made.keys), "states": json.dumps(made.states)}
    _folder_of(file).store(file.name, pack_arrays(arrays, about))


def _folder_of(file: Path) -> CacheFolder:
    return CacheFolder(file.parent, max_files=MAX_CACHED, by_use=True)


@dataclass(frozen=True, eq=False)
class Projection:
    """A map of n points.

    keys: as `Points.keys`. places: (n, dims), see `project_vectors`. made_of: how many points were laid out together.
    placed_later: how many were placed beside their neighbors afterwards. gap_closed: whether texts and pictures were
    centered separately.
    """

    method: Method
    keys: tuple[str, ...]
    places: Places
    placed_later: int
    made_of: int
    gap_closed: bool


@task_keywords
def project_vectors(
    vectors: Vectors,
    *,
    method: Method = "umap",
    dims: int = 2,
    seed: int = 0,
    neighbors: Neighbors | None = None,
    task: Task = SILENT,
) -> Places:
    """Projects vectors to the plane or to space. Equal vectors and seeds give equal places.

    Parameters
    ----------
    vectors : array of float, shape (n, dim)
        Unit rows.
    method : {"umap", "tsne", "pca"}
        Fewer than 8 points are laid out by PCA.
    dims : {2, 3}
    neighbors : Neighbors, optional
        Of these vectors, if known: 15 for UMAP, 90 for t-SNE; fewer will do.

    Returns
    -------
    array of float32, shape (n, dims)
        Centered; 99 % of the points within -1..1, none beyond -10..10.

    Raises
    ------
    DataError
        For no vectors, another method or number of dimensions.
    Cancelled
    """
    if method not in get_args(Method) or dims not in (2, 3):
        raise DataError(f"A map is made by {', '.join(get_args(Method))} in 2 or 3 dimensions, not by {method!r}.")
    if len(vectors) == 0:
        raise DataError("There is nothing to lay out.")
    watch = Watch(task)
    watch.report_progress(0, None)
    places = project_principal(vectors, dims)
    if method != "pca" and len(vectors) >= _FEWEST:
        target = min(len(vectors) - 1, UMAP_NEIGHBORS if method == "umap" else 3 * PERPLEXITY)
        near = neighbors if neighbors is not None and neighbors.k else None
        near = (near or find_nearest_neighbors(vectors, target, task=task)).first(target)
        with exclusive(watch):
            places = (layout_umap if method == "umap" else layout_tsne)(places, near, seed, watch)
    return _scale(places)


@task_keywords
def project_isolated(vectors: Vectors, *, method: Method = "umap", dims: int = 2, task: Task = SILENT) -> Places:
    """As `project_vectors`, in a child process except for PCA: UMAP and its compiler take some 300 MB. Raises
    ApartError too."""
    if method == "pca":
        return project_vectors(vectors, method=method, dims=dims, task=task)
    return run_isolated(project_vectors, vectors, method=method, dims=dims, task=task)


def layout_points(
    points: Points,
    *,
    method: Method = "umap",
    dims: int = 2,
    rebuild: bool = False,
    in_subprocess: bool = False,
    cache_texts: bool = True,
    task: Task = SILENT,
) -> Projection:
    """The map of points, cached in the home folder.

    Known points keep their places, and new ones are placed beside their nearest known neighbors. With more than a third
    of new points, or `rebuild`, all are laid out anew. in_subprocess: see `project_isolated`. Raises as
    `project_vectors` does.
    """
    keys, states, vectors = tuple(points.keys), tuple(points.states), points.centered
    file = layout_cache_file(points, method, dims, cache_texts=cache_texts)
    cached = load_cached_layout(file, dims) if file and not rebuild else None
    watch = Watch(task)
    known = None if cached is None else cached.rows_of(keys, states)
    if cached is None or known is None or np.mean(known < 0) > _MOST_LATER:
        lay_out = project_isolated if in_subprocess else project_vectors
        places = lay_out(vectors, method=method, dims=dims, task=task)
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
    keys_states: tuple[tuple[str, ...], tuple[str, ...]],
    vectors: Vectors,
    watch: Watch,
) -> CachedLayout:
    """A cached map with new and changed points placed. keys_states: keys and states of all points.

    Places of other points stay: the next request may have other filters.
    """
    new = np.flatnonzero(known < 0)
    old = np.flatnonzero(known >= 0)
    names = tuple(keys_states[0][number] for number in new)
    places = _place_beside(vectors[new], names, vectors[old], cached.places[known[old]], watch)
    changed = set(names)
    stays = np.array([key not in changed for key in cached.keys], bool)
    states = dict(zip(cached.keys, cached.states, strict=False)) | dict(zip(*keys_states, strict=True))
    all_keys = tuple(key for key, stay in zip(cached.keys, stays, strict=True) if stay) + names
    return CachedLayout(
        all_keys,
        np.concatenate([cached.places[stays], places]),
        np.append(cached.later[stays], np.ones(len(new), bool)),
        tuple(states.get(key, "") for key in all_keys),
    )


def _place_beside(new: Vectors, names: tuple[str, ...], old: Vectors, places: Places, watch: Watch) -> Places:
    """(m, dims) places of new vectors: where their nearest known ones lie densest.

    It is a weighted mean of those alone; the mean of all nearest ones often falls between two groups.
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
    """(dims,) a random step that depends on the name only."""
    seed = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).normal(scale=_SPREAD, size=dims).astype(np.float32)


def _scale(places: Places) -> Places:
    """Centered and divided by one number, which keeps shapes."""
    low, high = np.quantile(places, [(1 - _WITHIN) / 2, (1 + _WITHIN) / 2], axis=0)
    centered = places - (low + high) / 2
    half = max(float(np.max(high - low)) / 2, float(np.abs(centered).max()) / _FARTHEST)
    return np.asarray(centered / (half if half > _EQUAL else 1.0), np.float32)
