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

from core.apart.calls import call
from core.cluster import Clusters, find_clusters
from core.cluster import Method as ClusterMethod
from core.cluster_names import ClusterName, name_clusters
from core.encoders.base import Encoder, unit_rows
from core.errors import Cancelled, DataError
from core.files import write_whole
from core.filters import Filters
from core.library.store import Library
from core.points import Of, Points, points_of
from core.policy import policy
from core.progress import OnProgress
from core.projection import Method, Places, map_of
from core.representatives import medoids
from core.safe_arrays import SUFFIX, pack, unpack
from core.visits import place_beside
from core.words import user_words

UNNAMED = "unnamed"
_FORMAT = "3"
_MOST_KEPT = 24  # atlases; the oldest go first
_SECONDS = {"pca": (1.0, 0.0), "umap": (8.0, 0.003), "tsne": (4.0, 0.004)}  # at first, and a point; on 2 cores
_CLUSTER_SECONDS = {"kmeans": (3.0, 0.0006), "hdbscan": (2.0, 0.0004), "agglomerative": (3.0, 0.0008)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an atlas is to show, and how: see `points_of`, `project` and `find_clusters`. k: None finds the best."""

    of: Of = "items"
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


def expected_seconds(count: int, asked: Asked) -> float:
    """About how long `atlas_of` takes for so many points, on 2 cores. Measured at 3,000."""
    first, each = _SECONDS[asked.layout]
    cluster_first, cluster_each = _CLUSTER_SECONDS[asked.clusters]
    return first + cluster_first + count * (each + cluster_each)


def count_of(library: Library, encoder: Encoder, asked: Asked) -> int:
    """How many points `points_of` would make, without making them."""
    index = library.index(encoder)
    mask = asked.filters.mask(index.items, library)
    rows = index.item_rows if mask is None else index.item_rows[mask[index.item_rows]]
    return (len(np.unique(rows)) if asked.of == "items" else len(rows)) + len(asked.texts)


def atlas_of(
    library: Library,
    encoder: Encoder,
    asked: Asked,
    *,
    anew: bool = False,
    apart: bool = False,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Atlas:
    """Computes an atlas and keeps it. Texts among the points close the modality gap (`Points.centred`).

    anew: everything is laid out again, where otherwise what was laid out before stays in its place.
    apart: points are laid out and grouped in processes of their own (`core.apart.calls`), as a server does that others
    visit too. Raises DataError where there is nothing to lay out, Cancelled, and ApartError.
    """
    points = points_of(library, encoder, of=asked.of, filters=asked.filters, texts=asked.texts)
    projection = map_of(
        points, method=asked.layout, dims=asked.dims, anew=anew, apart=apart, on_progress=on_progress, cancel=cancel
    )
    own = points.vectors[points.item_rows >= 0]
    clusters = _clusters(own, asked, apart, on_progress, cancel)
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped before the clusters were found.")
    words = _labels(library)
    names = name_clusters(encoder, own, clusters, words=words, on_progress=on_progress, cancel=cancel)
    texts = np.full(len(points) - len(own), -1)
    of = Clusters(np.append(clusters.of, texts), clusters.centres, clusters.method, clusters.silhouette)
    middles = medoids(own, clusters) if clusters.count else np.zeros(0, np.int64)
    atlas = Atlas(points, projection.places, of, tuple(names), middles, projection.placed_later)
    if policy().may_write_shared or not asked.texts:  # texts of strangers are not kept
        _keep(_file(library, encoder, asked), atlas, words)
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
    centre = unit_rows(vectors[of == 0].mean(axis=0, keepdims=True))
    return name_clusters(encoder, vectors, Clusters(of, centre, "kmeans", None))[0]


def kept_atlas(library: Library, encoder: Encoder, asked: Asked) -> Atlas | None:
    """The atlas that was kept, if nothing has changed since; None where it has to be computed.

    Where only the labels of the library are others, which are words for its clusters, these are named anew at once.
    """
    file = _file(library, encoder, asked)
    if not file.is_file():
        return None
    points = points_of(library, encoder, of=asked.of, filters=asked.filters, texts=asked.texts)
    try:
        arrays, about = unpack(file.read_bytes())
        if about.get("points") != _digest(points) or about.get("words") != _word_list():
            return None
        names = tuple(
            ClusterName(each["name"], each["confidence"], tuple(each["runners_up"]))
            for each in json.loads(about["names"])
        )
        score = json.loads(about["silhouette"])
        of = arrays["of"].astype(np.int64)
        clusters = Clusters(of, arrays["centres"], asked.clusters, score)
        later = int(about["placed_later"])
        atlas = Atlas(points, arrays["places"], clusters, names, arrays["medoids"].astype(np.int64), later)
        named_with = json.loads(about["labels"])
    except (DataError, KeyError, ValueError, TypeError, OSError):
        return None
    labels = _labels(library)
    if named_with == labels:
        return atlas
    atlas = replace(atlas, names=_named(encoder, atlas, labels))
    _keep(file, atlas, labels)
    return atlas


def _named(encoder: Encoder, atlas: Atlas, labels: Sequence[str]) -> tuple[ClusterName, ...]:
    own = atlas.points.first_text
    found = replace(atlas.clusters, of=atlas.clusters.of[:own])
    return tuple(name_clusters(encoder, atlas.points.vectors[:own], found, words=labels))


def _clusters(
    vectors: NDArray[np.float32],
    asked: Asked,
    apart: bool,
    tell: OnProgress | None,
    cancel: threading.Event | None,
) -> Clusters:
    if len(vectors) < 2:
        return Clusters(np.zeros(len(vectors), np.int64), vectors[:1], asked.clusters, None)
    k = None if asked.k is None or asked.clusters == "hdbscan" else min(asked.k, len(vectors))
    if apart:
        return call(find_clusters, vectors, method=asked.clusters, k=k, on_progress=tell, cancel=cancel)
    return find_clusters(vectors, method=asked.clusters, k=k, on_progress=tell, cancel=cancel)


def _keep(file: Path, atlas: Atlas, labels: Sequence[str]) -> None:
    arrays = {
        "places": atlas.places,
        "of": atlas.clusters.of.astype(np.float32),  # exact to 16 million
        "centres": atlas.clusters.centres,
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
        write_whole(file, pack(arrays, about))
        newest_first = sorted(file.parent.glob(f"*{SUFFIX}"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in newest_first[_MOST_KEPT:]:
            old.unlink(missing_ok=True)


def _file(library: Library, encoder: Encoder, asked: Asked) -> Path:
    what = repr((_FORMAT, str(library.path), encoder.id, asked))
    folder = place_beside(library.path) / "atlases"
    return folder / f"{hashlib.blake2b(what.encode(errors='replace'), digest_size=12).hexdigest()}{SUFFIX}"


def _digest(points: Points) -> str:
    """Of which points they are, and of what each is now."""
    return _short("\n".join([*points.keys, *points.states]))


def _word_list() -> str:
    """Of the words that a person added to the vocabulary."""
    return _short("\n".join(user_words()))


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()


def _labels(library: Library) -> list[str]:
    """The library's own words for what it holds."""
    return sorted({each.label for each in library.labels()})
