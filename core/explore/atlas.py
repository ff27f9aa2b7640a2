"""Atlas: the map, clusters and cluster names of a library, cached in the home folder until the library changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.errors import DataError
from core.explore.cluster_naming import ClusterName, make_titles, name_clusters
from core.explore.clustering import Clusters, compute_centers, find_clusters
from core.explore.clustering import Method as ClusterMethod
from core.explore.exemplars import find_medoids
from core.explore.projection import Method, Places, layout_points
from core.explore.vocabulary import load_user_words
from core.isolation.calls import run_isolated
from core.library.filters import Filters
from core.library.points import Points, Unit, load_points
from core.library.public.session_folders import cache_dir_for
from core.library.schema import Item
from core.library.store import Library
from core.previews.notebook import MOST_CARDS, card_of_item, show_cards
from core.progress import SILENT, Task
from core.utils.array_files import SUFFIX, pack_arrays, unpack_arrays
from core.utils.cache_folder import CacheFolder

_FORMAT = "4"
_MAX_CACHED = 24  # atlases; the least recently used are deleted
_SECONDS = {"pca": (1.0, 0.0), "umap": (8.0, 0.003), "tsne": (4.0, 0.004)}  # fixed, and per point; on 2 cores
_CLUSTER_SECONDS = {"kmeans": (3.0, 0.0006), "hdbscan": (2.0, 0.0004), "agglomerative": (3.0, 0.0008)}


@dataclass(frozen=True, slots=True)
class AtlasRequest:
    """Settings of an atlas, see `load_points`, `project_vectors` and `find_clusters`. k: None chooses the best."""

    of: Unit = "items"
    filters: Filters = field(default_factory=Filters)
    texts: tuple[str, ...] = ()
    layout: Method = "umap"
    dims: int = 2
    clusters: ClusterMethod = "kmeans"
    k: int | None = None


@dataclass(frozen=True, eq=False)
class Atlas:
    """n points with places (n, dims) in k named clusters.

    clusters: -1 for texts and, with HDBSCAN, for scattered points. medoids: (k,) the central point of each cluster.
    placed_later: points placed among the others after the layout.
    """

    points: Points
    places: Places
    clusters: Clusters
    names: tuple[ClusterName, ...]
    medoids: NDArray[np.int64]
    placed_later: int = 0

    def titles(self, renamed: Mapping[int, str] | None = None) -> list[str]:
        """(k,) the title of each cluster: as the user renamed it, else its name, else "like" the file in its middle."""
        renamed = renamed or {}
        names = [renamed.get(number) or name.name for number, name in enumerate(self.names)]
        return make_titles(names, [Path(self.points.names[medoid]).name for medoid in self.medoids])

    def _repr_html_(self) -> str:
        rows = self.points.index.items.take(self.points.item_rows[self.medoids[:MOST_CARDS]]).to_pylist()
        cards = [
            card_of_item(Item.from_row(row), f"{title} · {int(size):,}")
            for row, title, size in zip(rows, self.titles(), self.clusters.sizes, strict=False)
        ]
        heading = f"{len(self.points):,} points in {self.clusters.count:,} clusters, the most typical of each"
        return show_cards(cards, heading=heading, total=self.clusters.count)

    @cached_property
    def middles(self) -> Places:
        """(k, dims) positions of the names: of the member nearest to the median, which is among its cluster."""
        middles = np.zeros((self.clusters.count, self.places.shape[1]), np.float32)
        for number in range(self.clusters.count):
            own = self.places[self.clusters.members(number)]
            middles[number] = own[np.argmin(((own - np.median(own, axis=0)) ** 2).sum(axis=1))]
        return middles


def estimate_seconds(count: int, request: AtlasRequest) -> float:
    """Rough seconds of `build_atlas` on 2 cores, measured with 3,000 points."""
    fixed, per_point = _SECONDS[request.layout]
    cluster_fixed, cluster_per_point = _CLUSTER_SECONDS[request.clusters]
    return fixed + cluster_fixed + count * (per_point + cluster_per_point)


def count_points(library: Library, encoder: Encoder, request: AtlasRequest) -> int:
    """How many points `load_points` would return."""
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
    task: Task = SILENT,
) -> Atlas:
    """Computes an atlas and caches it.

    Parameters
    ----------
    request : AtlasRequest
        With texts, the modality gap is closed (`Points.centered`).
    rebuild : bool
        Lay out all points anew; by default known points keep their places.
    in_subprocess : bool
        Lay out and cluster in child processes, as a server does.
    cache_texts : bool
        Store an atlas with texts among its points.

    Raises
    ------
    DataError
        If there are no points.
    Cancelled, ApartError
    """
    points = load_points(library, encoder, unit=request.of, filters=request.filters, texts=request.texts)
    projection = layout_points(
        points,
        method=request.layout,
        dims=request.dims,
        rebuild=rebuild,
        in_subprocess=in_subprocess,
        cache_texts=cache_texts,
        task=task,
    )
    own = points.vectors[points.item_rows >= 0]
    clusters = _clusters(own, request, in_subprocess, task)
    task.check("Stopped before the clusters were found.")
    words = library.label_names()
    names = name_clusters(encoder, own, clusters, words=words, task=task)
    texts = np.full(len(points) - len(own), -1)
    of = Clusters(np.append(clusters.labels, texts), clusters.centers, clusters.method, clusters.silhouette)
    middles = find_medoids(own, clusters) if clusters.count else np.zeros(0, np.int64)
    atlas = Atlas(points, projection.places, of, tuple(names), middles, projection.placed_later)
    if cache_texts or not request.texts:
        _store(_cache_file(library, encoder, request), atlas, words)
    return atlas


def prepare_atlas(library: Library, encoder: Encoder, *, in_subprocess: bool = False, task: Task = SILENT) -> None:
    """Builds the atlas that Explore shows first, unless it is cached, so that nobody waits for it there.

    Raises Cancelled and ApartError.
    """
    request = AtlasRequest()
    if count_points(library, encoder, request) and load_cached_atlas(library, encoder, request) is None:
        build_atlas(library, encoder, request, in_subprocess=in_subprocess, task=task)


def name_selection(encoder: Encoder, points: Points, numbers: NDArray[np.int64]) -> ClusterName | None:
    """A name for some of the points, as for a cluster; None if all of them are texts."""
    own = points.item_rows >= 0
    of = np.full(len(points), -1)
    of[numbers] = 0
    of = of[own]
    if not (of == 0).any():
        return None
    vectors = points.vectors[own]
    return name_clusters(encoder, vectors, Clusters(of, compute_centers(vectors, of), "kmeans", None))[0]


def load_cached_atlas(library: Library, encoder: Encoder, request: AtlasRequest) -> Atlas | None:
    """The cached atlas; None if the library or the request has changed.

    If only the labels of the library have changed, the clusters are named anew.
    """
    file = _cache_file(library, encoder, request)
    if not file.is_file():
        return None
    points = load_points(library, encoder, unit=request.of, filters=request.filters, texts=request.texts)
    try:
        arrays, about = unpack_arrays(_folder_of(file).load(file.name) or b"")
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
    except (DataError, KeyError, ValueError, TypeError):
        return None
    labels = library.label_names()
    if named_with == labels:
        return atlas
    atlas = replace(atlas, names=_named(encoder, atlas, labels))
    _store(file, atlas, labels)
    return atlas


def _named(encoder: Encoder, atlas: Atlas, labels: Sequence[str]) -> tuple[ClusterName, ...]:
    own = atlas.points.first_text
    found = replace(atlas.clusters, labels=atlas.clusters.labels[:own])
    return tuple(name_clusters(encoder, atlas.points.vectors[:own], found, words=labels))


def _clusters(vectors: NDArray[np.float32], request: AtlasRequest, in_subprocess: bool, task: Task) -> Clusters:
    if len(vectors) < 2:
        return Clusters(np.zeros(len(vectors), np.int64), vectors[:1], request.clusters, None)
    k = None if request.k is None or request.clusters == "hdbscan" else min(request.k, len(vectors))
    if in_subprocess:
        return run_isolated(find_clusters, vectors, method=request.clusters, k=k, task=task)
    return find_clusters(vectors, method=request.clusters, k=k, task=task)


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
    _folder_of(file).store(file.name, pack_arrays(arrays, about))


def _folder_of(file: Path) -> CacheFolder:
    return CacheFolder(file.parent, max_files=_MAX_CACHED, by_use=True)


def _cache_file(library: Library, encoder: Encoder, request: AtlasRequest) -> Path:
    what = repr((_FORMAT, str(library.path), encoder.id, request))
    folder = cache_dir_for(library.path) / "atlases"
    return folder / f"{hashlib.blake2b(what.encode(errors='replace'), digest_size=12).hexdigest()}{SUFFIX}"


def _digest(points: Points) -> str:
    """Changes with the points and their states."""
    return _short("\n".join([*points.keys, *points.states]))


def _word_list() -> str:
    """Changes with the words that the user added to the vocabulary."""
    return _short("\n".join(load_user_words()))


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()
