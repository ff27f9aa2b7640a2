"""Measures "nothing here matches": searches for names of pictures that a library has, and for names that it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.encoders.prompts import embed_texts
from core.encoders.reference_prompts import imagenet_names
from core.evaluation.datasets import embed_files, read_pairs, unique
from core.progress import SILENT, Task
from core.search.query import Term
from core.search.relevance import LIKELY, Relevance


@dataclass(frozen=True, slots=True)
class RelevanceReport:
    """Accuracy of "nothing here matches", 0 to 1.

    kept: share of present names whose own photo is likely. refused: share of absent names without a likely photo. auc:
    of the best relevance, present against absent. kept_at_70: kept at the threshold that refuses 0.70 of the absent
    names.
    """

    images: int
    present: int
    absent: int
    kept: float
    refused: float
    auc: float
    kept_at_70: float
    encoder: str


@task_keywords
def evaluate_relevance(encoder: Encoder, images: Path, labels: Path, *, task: Task = SILENT) -> RelevanceReport:
    """Searches labeled photos for their own labels, and for as many names that are absent.

    The absent names are a fixed random sample of the ImageNet class names that are not among the labels.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    labels : Path
        CSV with the columns image, label.
    task : Task, optional

    Returns
    -------
    RelevanceReport

    Raises
    ------
    DataError
        A file cannot be read.
    """
    data = load_relevance_data(encoder, images, labels, task=task)
    photos = np.arange(len(data.vectors))
    present, absent = data.relevances(photos, np.arange(len(data.present)), np.arange(len(data.absent)))
    threshold = float(np.quantile(absent, 0.7))
    return RelevanceReport(
        images=len(data.vectors),
        present=len(present),
        absent=len(absent),
        kept=round(float((present >= LIKELY).mean()), 4),
        refused=round(float((absent < LIKELY).mean()), 4),
        auc=round(float((present[:, None] > absent[None]).mean()), 4),
        kept_at_70=round(float((present > threshold).mean()), 4),
        encoder=encoder.name,
    )


@dataclass(frozen=True, slots=True)
class RelevanceData:
    """Photos, and names of present and absent things.

    Attributes
    ----------
    encoder : Encoder
    vectors : array of float32, shape (n, dim)
        Of the photos.
    present : array of float32, shape (p, dim)
        Of names with photos.
    owners : list of array of int64
        Rows of the photos of each present name.
    absent : array of float32, shape (a, dim)
        Of names without photos.
    """

    encoder: Encoder
    vectors: Vectors
    present: Vectors
    owners: list[NDArray[np.int64]]
    absent: Vectors

    def relevances(
        self, photos: NDArray[np.int64], present: NDArray[np.int64], absent: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Relevance of each present name's own best photo, and of each absent name's best, among these photos."""
        own = [self._score(self.present[n], photos)[np.isin(photos, self.owners[n])].max() for n in present]
        return np.array(own), np.array([self._score(self.absent[n], photos).max() for n in absent])

    def _score(self, query: NDArray[np.float32], photos: NDArray[np.int64]) -> NDArray[np.float32]:
        vectors = self.vectors[photos]
        terms = [Term("text", "")]  # the words are in `query`
        relevance = Relevance.from_query(self.encoder, vectors, query, terms, items=len(photos))
        return relevance.hit_probabilities(vectors @ query, vectors)


@task_keywords
def load_relevance_data(encoder: Encoder, images: Path, labels: Path, *, task: Task = SILENT) -> RelevanceData:
    """Embeds the photos and names of `evaluate_relevance`.

    Parameters
    ----------
    encoder : Encoder
    images, labels : Path
        See `evaluate_relevance`.
    task : Task, optional

    Returns
    -------
    RelevanceData

    Raises
    ------
    DataError
        A file cannot be read.
    """
    pairs = read_pairs(labels, "image", "label")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    rows: dict[str, list[int]] = {}
    for name, label in pairs:
        if name in embedded.rows:
            rows.setdefault(label, []).append(embedded.rows[name])
    others = [name for name in imagenet_names() if name not in rows]
    sample = np.random.default_rng(0).permutation(len(others))[: len(rows)]
    absent = embed_texts(encoder, [others[n] for n in sample])
    owners = [np.array(row) for row in rows.values()]
    return RelevanceData(encoder, embedded.vectors, embed_texts(encoder, list(rows)), owners, absent)
