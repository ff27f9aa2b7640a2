"""Agreement of clusters with known groups, and whether the names of the clusters describe the groups."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from core.classify.zero_shot import get_class_numbers
from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, require_one_each, unique
from core.explore.cluster_naming import ClusterName, name_clusters
from core.explore.clustering import Clusters, Method, compute_agreement, compute_centers, find_clusters
from core.progress import SILENT, Task

GIVEN = "given"  # the groups themselves, named as if they were clusters


@dataclass(frozen=True, slots=True)
class MethodFigures:
    """nmi, ari, silhouette: see `core.explore.clustering`. left_out: share of the pictures in no cluster, 0 to 1.

    names: of each group's cluster (the one that shares most with it, by F1) the name, None for unnamed, and the first
    runner-up. named: share of the groups whose name or first runner-up has their keyword or a synonym, 0 to 1.
    """

    clusters: int
    nmi: float
    ari: float
    silhouette: float | None
    left_out: float
    named: float
    names: dict[str, tuple[str | None, str]]


@dataclass(frozen=True)
class ClustersReport:
    """methods: by name, and "given" for the groups themselves. skipped: (image, reason) of unreadable files."""

    images: int
    groups: int
    methods: dict[str, MethodFigures]
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


@task_keywords
def evaluate_clusters(
    encoder: Encoder, images: Path, labels: Path, *, k: int | None = None, task: Task = SILENT
) -> ClustersReport:
    """Clusters the pictures of a CSV (columns image, label, and if there is one synonyms: `bike|cycling`) by every
    method. k: clusters, where a method takes a number; None: as many as it finds. Raises DataError.
    """
    label_of = require_one_each(read_pairs(labels, "image", "label"), labels)
    groups = unique(label_of.values())
    if len(groups) < 2:
        raise DataError(f"{labels} has one label only: clusters are measured against two or more.")
    embedded = embed_files(encoder, images, list(label_of), task=task)
    truth = get_class_numbers([label_of[name] for name in embedded.rows], groups)
    vectors = embedded.vectors
    found = {GIVEN: Clusters(truth, compute_centers(vectors, truth), "kmeans", None)}
    for method in get_args(Method):
        found[method] = find_clusters(vectors, method=method, k=None if method == "hdbscan" else k)
    said = _synonyms(labels, groups)
    figures = {}
    for method, clusters in found.items():
        names = name_clusters(encoder, vectors, clusters, task=task)
        figures[method] = _measure_method(clusters, truth, groups, names, said)
    return ClustersReport(len(vectors), len(groups), figures, encoder.name, tuple(embedded.skipped.items()))


def mentions_label(text: str | None, words: Sequence[str]) -> bool:
    """Whether a word of the text begins with one of the words: "skateboarder" says "skateboard"."""
    return any(re.search(rf"\b{re.escape(word)}", text or "", re.IGNORECASE) for word in words)


def _synonyms(labels: Path, groups: Sequence[str]) -> dict[str, list[str]]:
    """For each group its own name, and what else the table calls it."""
    said = {group: [group] for group in groups}
    try:
        pairs = read_pairs(labels, "label", "synonyms")
    except DataError:  # the column is optional
        return said
    for group, rest in dict(pairs).items():
        said[group] += [word.strip() for word in rest.split("|") if word.strip()]
    return said


def _measure_method(
    clusters: Clusters,
    truth: NDArray[np.int64],
    groups: Sequence[str],
    names: Sequence[ClusterName],
    label_text: Mapping[str, Sequence[str]],
) -> MethodFigures:
    shared = np.zeros((len(groups), clusters.count), np.int64)
    np.add.at(shared, (truth[clusters.labels >= 0], clusters.labels[clusters.labels >= 0]), 1)
    f1 = 2 * shared / (np.bincount(truth, minlength=len(groups))[:, None] + clusters.sizes)
    predictions: dict[str, tuple[str | None, str]] = {}
    for number, group in enumerate(groups):
        best = names[int(f1[number].argmax())] if names else ClusterName(None, 0.0, ())
        predictions[group] = best.name, next(iter(best.runners_up), "")
    right = [
        name is not None and (mentions_label(name, label_text[group]) or mentions_label(other, label_text[group]))
        for group, (name, other) in predictions.items()
    ]
    agreed = compute_agreement(clusters.labels, truth.tolist())
    return MethodFigures(
        clusters=clusters.count,
        nmi=round(agreed.nmi, 4),
        ari=round(agreed.ari, 4),
        silhouette=None if clusters.silhouette is None else round(clusters.silhouette, 4),
        left_out=round(float((clusters.labels < 0).mean()), 4),
        named=round(float(np.mean(right)), 4),
        names=predictions,
    )
