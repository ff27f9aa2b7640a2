"""Accuracy of "nothing here matches": searches for names of pictures that a library has and for names it does not."""

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
    """Accuracy of "nothing here matches", in shares from 0 to 1.

    kept: present names whose own photo is likely. refused: absent names with nothing likely. auc: of the best
    relevance, present against absent. kept_at_70: kept at the line where 0.70 of the absent are refused.
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
    """Asks a folder of labelled photos (CSV: image, label) for its own labels and for as many names it does not hold.

    The absent names are a fixed random sample of the ImageNet class names that are not among the labels.
    """
    data = load_relevance_data(encoder, images, labels, task=task)
    everything = np.arange(len(data.vectors))
    right, wrong = data.relevances(everything, np.arange(len(data.present)), np.arange(len(data.absent)))
    line = float(np.quantile(wrong, 0.7))
    return RelevanceReport(
        images=len(data.vectors),
        present=len(right),
        absent=len(wrong),
        kept=round(float((right >= LIKELY).mean()), 4),
        refused=round(float((wrong < LIKELY).mean()), 4),
        auc=round(float((right[:, None] > wrong[None]).mean()), 4),
        kept_at_70=round(float((right > line).mean()), 4),
        encoder=encoder.name,
    )


@dataclass(frozen=True, slots=True)
class RelevanceData:
    """Photos (n, dim), names that are among them (p, dim) with their photos' rows, and names that are not (a, dim)."""

    encoder: Encoder
    vectors: Vectors
    present: Vectors
    owners: list[NDArray[np.int64]]
    absent: Vectors

    def relevances(
        self, photos: NDArray[np.int64], present: NDArray[np.int64], absent: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """In a library of these photos: of each present name its own best photo, of each absent name its best."""
        right = [self._ask(self.present[n], photos)[np.isin(photos, self.owners[n])].max() for n in present]
        return np.array(right), np.array([self._ask(self.absent[n], photos).max() for n in absent])

    def _ask(self, query: NDArray[np.float32], photos: NDArray[np.int64]) -> NDArray[np.float32]:
        vectors = self.vectors[photos]
        terms = [Term("text", "")]  # what it says is in `query`
        reading = Relevance.from_query(self.encoder, vectors, query, terms, items=len(photos))
        return reading.hit_probabilities(vectors @ query, vectors)


@task_keywords
def load_relevance_data(encoder: Encoder, images: Path, labels: Path, *, task: Task = SILENT) -> RelevanceData:
    """Embeds what `evaluate_relevance` asks about."""
    pairs = read_pairs(labels, "image", "label")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    rows: dict[str, list[int]] = {}
    for name, label in pairs:
        if name in embedded.rows:
            rows.setdefault(label, []).append(embedded.rows[name])
    rest = [name for name in imagenet_names() if name not in rows]
    sample = np.random.default_rng(0).permutation(len(rest))[: len(rows)]
    absent = embed_texts(encoder, [rest[n] for n in sample])
    owners = [np.array(row) for row in rows.values()]
    return RelevanceData(encoder, embedded.vectors, embed_texts(encoder, list(rows)), owners, absent)
