"""Measures how well clusters agree with known groups, and whether their names describe the groups."""

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
from core.evaluation.groups.cluster_names import NameFigures, group_texts, measure_names
from core.evaluation.match.wordnet import FOLDER, WordNet
from core.explore.cluster_naming import ClusterName, name_clusters
from core.explore.clustering import Clusters, Method, compute_agreement, compute_centers, find_clusters
from core.progress import SILENT, Task

GIVEN = "given"  # the groups themselves, named as if they were clusters


@dataclass(frozen=True, slots=True)
class MethodFigures:
    """Quality of one method. nmi, ari, silhouette: see `core.explore.clustering`.

    left_out: share of the pictures in no cluster, 0 to 1. names: for each group, name and first runner-up of its best
    cluster (by F1); None for unnamed. named: share of the groups whose name or runner-up contains their keyword or a
    synonym, 0 to 1. said: how many clusters are named, and rightly, by the labels or captions of their members.
    """

    clusters: int
    nmi: float
    ari: float
    silhouette: float | None
    left_out: float
    named: float
    names: dict[str, tuple[str | None, str]]
    said: NameFigures


@dataclass(frozen=True)
class ClustersReport:
    """Quality of all methods, and of the groups themselves as "given". skipped: (image, reason) of unreadable files."""

    images: int
    groups: int
    methods: dict[str, MethodFigures]
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


@task_keywords
def evaluate_clusters(
    encoder: Encoder,
    images: Path,
    labels: Path,
    *,
    captions: Path | None = None,
    k: int | None = None,
    wordnet: Path = FOLDER,
    task: Task = SILENT,
) -> ClustersReport:
    """Clusters labeled pictures with every method, and compares clusters and names with the labels.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    labels : Path
        CSV with the columns image, label, and optionally synonyms, such as `bike|cycling`.
    captions : Path, optional
        CSV with the columns image, caption: by these, not by the labels, the names are judged.
    wordnet : Path
        Folder of the files of WordNet, by which "dog" is right for a beagle; unused if it is missing.
    k : int, optional
        Number of clusters, for methods that take one. Default: chosen by the method.
    task : Task, optional

    Returns
    -------
    ClustersReport

    Raises
    ------
    DataError
        A file cannot be read, or there is only one label.
    """
    label_of = require_one_each(read_pairs(labels, "image", "label"), labels)
    groups = unique(label_of.values())
    if len(groups) < 2:
        raise DataError(f"{labels} has only one label: clusters are compared with two or more.")
    embedded = embed_files(encoder, images, list(label_of), task=task)
    truth = get_class_numbers([label_of[name] for name in embedded.rows], groups)
    vectors = embedded.vectors
    results = {GIVEN: Clusters(truth, compute_centers(vectors, truth), "kmeans", None)}
    for method in get_args(Method):
        results[method] = find_clusters(vectors, method=method, k=None if method == "hdbscan" else k)
    keywords = _read_keywords(labels, groups)
    pairs = list(label_of.items()) if captions is None else read_pairs(captions, "image", "caption")
    texts = group_texts(pairs, embedded.rows)
    kinds = WordNet(wordnet) if wordnet.is_dir() else None
    figures = {}
    for method, clusters in results.items():
        names = name_clusters(encoder, vectors, clusters, task=task)
        said = measure_names(clusters, names, texts, kinds)
        figures[method] = _measure_method(clusters, truth, groups, names, keywords, said)
    return ClustersReport(len(vectors), len(groups), figures, encoder.name, tuple(embedded.skipped.items()))


def mentions_label(text: str | None, words: Sequence[str]) -> bool:
    """Whether a word of the text begins with one of the words, such as "skateboarder" with "skateboard"."""
    return any(re.search(rf"\b{re.escape(word)}", text or "", re.IGNORECASE) for word in words)


def _read_keywords(labels: Path, groups: Sequence[str]) -> dict[str, list[str]]:
    """The name of each group and its synonyms in the table."""
    keywords = {group: [group] for group in groups}
    try:
        pairs = read_pairs(labels, "label", "synonyms")
    except DataError:  # the column is optional
        return keywords
    for group, synonyms in dict(pairs).items():
        keywords[group] += [word.strip() for word in synonyms.split("|") if word.strip()]
    return keywords


def _measure_method(
    clusters: Clusters,
    truth: NDArray[np.int64],
    groups: Sequence[str],
    names: Sequence[ClusterName],
    keywords: Mapping[str, Sequence[str]],
    said: NameFigures,
) -> MethodFigures:
    shared = np.zeros((len(groups), clusters.count), np.int64)
    np.add.at(shared, (truth[clusters.labels >= 0], clusters.labels[clusters.labels >= 0]), 1)
    f1 = 2 * shared / (np.bincount(truth, minlength=len(groups))[:, None] + clusters.sizes)
    best_names: dict[str, tuple[str | None, str]] = {}
    for number, group in enumerate(groups):
        best = names[int(f1[number].argmax())] if names else ClusterName(None, 0.0, ())
        best_names[group] = best.name, next(iter(best.runners_up), "")
    is_named = [
        name is not None and any(mentions_label(text, keywords[group]) for text in (name, runner_up))
        for group, (name, runner_up) in best_names.items()
    ]
    agreement = compute_agreement(clusters.labels, truth.tolist())
    return MethodFigures(
        clusters=clusters.count,
        nmi=round(agreement.nmi, 4),
        ari=round(agreement.ari, 4),
        silhouette=None if clusters.silhouette is None else round(clusters.silhouette, 4),
        left_out=round(float((clusters.labels < 0).mean()), 4),
        named=round(float(np.mean(is_named)), 4),
        names=best_names,
        said=said,
    )
