"""An atlas: the points of a library laid out, grouped, and their groups named; computed when asked, kept in the home
folder until the library changes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, unit_rows
from core.errors import Cancelled, DataError
from core.explore.cluster_naming import ClusterName, name_clusters
from core.explore.clustering import Clusters, find_clusters
from core.explore.clustering import Method as ClusterMethod
from core.explore.exemplars import find_medoids
from core.explore.projection import Method, Places, layout_points
from core.explore.vocabulary import load_user_words
from core.isolation.calls import run_isolated
from core.library.filters import Filters
from core.library.points import Points, Unit, load_points
from core.library.session_folders import cache_dir_for
from core.library.store import Library
from core.progress import OnProgress
from core.utils.array_files import SUFFIX, pack_arrays, unpack_arrays
from core.utils.files import write_atomic

UNNAMED = "unnamed"
_FORMAT = "3"
_MAX_CACHED = 24  # atlases; the oldest go first
_SECONDS = {"pca": (1.0, 0.0), "umap": (8.0, 0.003), "tsne": (4.0, 0.004)}  # at first, and a point; on 2 cores
_CLUSTER_SECONDS = {"kmeans": (3.0, 0.0006), "hdbscan": (2.0, 0.0004), "agglomerative": (3.0, 0.0008)}


@dataclass(frozen=True, slots=True)
class AtlasRequest:
    """What an atlas is to show, and how: see `load_points`, `project` and `find_clusters`. k: None finds the best."""

    of: Unit = "items"
    filters: Filters = field(default_factory=Filters)
    texts: tuple[str, ...] = ()
    layout: Method = "umap"
    dims: int = 2
    clusters: ClusterMethod = "kmeans"
    k: int | None = None


@dataclass(frozen=True, eq=False)
class Atlas:
    """n points with places (n, dims), in k clusters with names; medoids: (k,) the point in the middle of each.

    clusters: of all points; texts and, with HDBSCAN, points that lie apart are in none (-1). placed_later: points that
    came to the library after it was laid out, and were placed among the others.
    """

    points: Points
    places: Places
    clusters: Clusters
    names: tuple[ClusterName, ...]
    medoids: NDArray[np.int64]
    placed_later: int = 0

    def titles(self, renamed: Mapping[int, str] | None = None) -> list[str]:
        """(k,) what each cluster is called: what a person calls it, its name in words, or "unnamed 3"."""
        renamed = renamed or {}
        return [renamed.get(number) or name.name or f"{UNNAMED} {number + 1}" for number, name in enumerate(self.names)]

    @cached_property
    def middles(self) -> Places:
        """(k, dims) where the names stand: the member nearest the median of the places, so that it is among its own."""
        found = np.zeros((self.clusters.count, self.places.shape[1]), np.float32)
        for number in range(self.clusters.count):
            own = self.places[self.clusters.members(number)]
            found[number] = own[np.argmin(((own - np.median(own, axis=0)) ** 2).sum(axis=1))]
        return found


def estimate_seconds(count: int, request: AtlasRequest) -> float:
    """About how long `build_atlas` takes for so many points, on 2 cores. Measured at 3,000."""
    first, entry = _SECONDS[request.layout]
    cluster_first, cluster_each = _CLUSTER_SECONDS[request.clusters]
    return first + cluster_first + count * (entry + cluster_each)


def count_points(library: Library, encoder: Encoder, request: AtlasRequest) -> int:
    """How many points `load_points` would make, without making them."""
    index = library.index(encoder)
    mask = request.filters.mask(index.items, library)
    rows = index.item_rows if mask is None else index.item_rows[mask[index.item_rows]]
    return (len(np.unique(rows)) if request.of == "items" else len(rows)) + len(request.texts)


def build_atlas(
    library: Library,
    encoder: Encoder,
    request: AtlasRequest,
    *,
    rebuild: bool = False,
    in_subprocess: bool = False,
    cache_texts: bool = True,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Atlas:
    """Computes an atlas and keeps it. Texts among the points close the modality gap (`Points.centered`).

    anew: everything is laid out again, where otherwise what was laid out before stays in its place.
    in_subprocess: points are laid out and grouped in child processes (`core.isolation.calls`), as a server does that
    others visit too. cache_texts: whether an atlas with texts among its points is stored. Raises DataError where there
    is nothing to lay out, Cancelled, and ApartError.
    """
    points = load_points(library, encoder, unit=request.of, filters=request.filters, texts=request.texts)
    projection = layout_points(
        points,
        method=request.layout,
        dims=request.dims,
        rebuild=rebuild,
        in_subprocess=in_subprocess,
        cache_texts=cache_texts,
        on_progress=on_progress,
        cancel=cancel,
    )
    own = points.vectors[points.item_rows >= 0]
    clusters = _clusters(own, request, in_subprocess, on_progress, cancel)
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped before the clusters were found.")
    words = _labels(library)
    names = name_clusters(encoder, own, clusters, words=words, on_progress=on_progress, cancel=cancel)
    texts = np.full(len(points) - len(own), -1)
    of = Clusters(np.append(clusters.labels, texts), clusters.centers, clusters.method, clusters.silhouette)
    middles = find_medoids(own, clusters) if clusters.count else np.zeros(0, np.int64)
    atlas = Atlas(points, projection.places, of, tuple(names), middles, projection.placed_later)
    if cache_texts or not request.texts:
        _store(_cache_file(library, encoder, request), atlas, words)
    return atlas


def name_selection(encoder: Encoder, points: Points, numbers: NDArray[np.int64]) -> ClusterName | None:
    """What some of the points have in common, in words, as of a cluster; None where none of them is a picture."""
    own = points.item_rows >= 0
    of = np.full(len(points), -1)
    of[numbers] = 0
    of = of[own]
    if not (of == 0).any():
        return None
    vectors = points.vectors[own]
    center = unit_rows(vectors[of == 0].mean(axis=0, keepdims=True))
    return name_clusters(encoder, vectors, Clusters(of, center, "kmeans", None))[0]


def load_cached_atlas(library: Library, encoder: Encoder, request: AtlasRequest) -> Atlas | None:
    """The atlas that was kept, if nothing has changed since; None where it has to be computed.

    Where only the labels of the library are others, which are words for its clusters, these are named anew at once.
    """
    file = _cache_file(library, encoder, request)
    if not file.is_file():
        return None
    points = load_points(library, encoder, unit=request.of, filters=request.filters, texts=request.texts)
    try:
        arrays, about = unpack_arrays(file.read_bytes())
        if about.get("points") != _digest(points) or about.get("words") != _word_list():
            return None
        names = tuple(
            ClusterName(load["name"], load["confidence"], tuple(load["runners_up"]))
            for load in json.loads(about["names"])
        )
        score = json.loads(about["silhouette"])
        of = arrays["of"].astype(np.int64)
        clusters = Clusters(of, arrays["centres"], request.clusters, score)
        later = int(about["placed_later"])
        atlas = Atlas(points, arrays["places"], clusters, names, arrays["medoids"].astype(np.int64), later)
        named_with = json.loads(about["labels"])
    except (DataError, KeyError, ValueError, TypeError, OSError):
        return None
    labels = _labels(library)
    if named_with == labels:
        return atlas
    atlas = replace(atlas, names=_named(encoder, atlas, labels))
    _store(file, atlas, labels)
    return atlas


def _named(encoder: Encoder, atlas: Atlas, labels: Sequence[str]) -> tuple[ClusterName, ...]:
    own = atlas.points.first_text
    found = replace(atlas.clusters, labels=atlas.clusters.labels[:own])
    return tuple(name_clusters(encoder, atlas.points.vectors[:own], found, words=labels))


def _clusters(
    vectors: NDArray[np.float32],
    request: AtlasRequest,
    in_subprocess: bool,
    report: OnProgress | None,
    cancel: threading.Event | None,
) -> Clusters:
    if len(vectors) < 2:
        return Clusters(np.zeros(len(vectors), np.int64), vectors[:1], request.clusters, None)
    k = None if request.k is None or request.clusters == "hdbscan" else min(request.k, len(vectors))
    if in_subprocess:
        return run_isolated(find_clusters, vectors, method=request.clusters, k=k, on_progress=report, cancel=cancel)
    return find_clusters(vectors, method=request.clusters, k=k, on_progress=report, cancel=cancel)


def _store(file: Path, atlas: Atlas, labels: Sequence[str]) -> None:
    arrays = {
        "places": atlas.places,
        "of": atlas.clusters.labels.astype(np.float32),  # exact to 16 million
        "centres": atlas.clusters.centers,
        "medoids": atlas.medoids.astype(np.float32),
    }
    about = {
        "points": _digest(atlas.points),
        "names": json.dumps([asdict(name) for name in atlas.names]),
        "silhouette": json.dumps(atlas.clusters.silhouette),
        "placed_later": str(atlas.placed_later),
        "words": _word_list(),
        "labels": json.dumps(labels),
    }
    with contextlib.suppress(OSError):  # it is only not kept
        write_atomic(file, pack_arrays(arrays, about))
        newest_first = sorted(file.parent.glob(f"*{SUFFIX}"), key=lambda entry: entry.stat().st_mtime, reverse=True)
        for old in newest_first[_MAX_CACHED:]:
            old.unlink(missing_ok=True)


def _cache_file(library: Library, encoder: Encoder, request: AtlasRequest) -> Path:
    what = repr((_FORMAT, str(library.path), encoder.id, request))
    folder = cache_dir_for(library.path) / "atlases"
    return folder / f"{hashlib.blake2b(what.encode(errors='replace'), digest_size=12).hexdigest()}{SUFFIX}"


def _digest(points: Points) -> str:
    """Of which points they are, and of what each is now."""
    return _short("\n".join([*points.keys, *points.states]))


def _word_list() -> str:
    """Of the words that a person added to the vocabulary."""
    return _short("\n".join(load_user_words()))


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()


def _labels(library: Library) -> list[str]:
    """The library's own words for what it holds."""
    return sorted({label.label for label in library.labels()})
