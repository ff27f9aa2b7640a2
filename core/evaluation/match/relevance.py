"""Measures "nothing here matches": searches for names of pictures that a library has, and for names that it lacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.encoders.calibration import Calibration
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
    present, absent = data.relevances()
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
    calibration : Calibration, optional
        By default the encoder's.
    """

    encoder: Encoder
    vectors: Vectors
    present: Vectors
    owners: list[NDArray[np.int64]]
    absent: Vectors
    calibration: Calibration | None = None

    def posteriors(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log posteriors of the photos for each present name (p, n), and for each absent one (a, n)."""
        both = (
            [self.read(query).log_posterior(self.vectors) for query in queries]
            for queries in (self.present, self.absent)
        )
        present, absent = (np.array(found) for found in both)
        return present, absent

    def relevances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Relevance of each present name's own best photo (p,), and of each absent name's best photo (a,)."""
        own = [self._match(query)[rows].max() for query, rows in zip(self.present, self.owners, strict=True)]
        return np.array(own), np.array([self._match(query).max() for query in self.absent])

    def part(self, photos: NDArray[np.int64], half: int) -> RelevanceData:
        """Only some photos, the names that they have, and every other absent name, from the one numbered `half`."""
        places = {photo: place for place, photo in enumerate(photos.tolist())}
        owners = [np.array([places[row] for row in rows.tolist() if row in places], np.int64) for rows in self.owners]
        held = [name for name, rows in enumerate(owners) if len(rows)]
        return replace(
            self, vectors=self.vectors[photos], present=self.present[held], owners=[owners[name] for name in held],
            absent=self.absent[half::2],
        )  # fmt: skip

    def calibrated(self, calibration: Calibration) -> RelevanceData:
        """The same under another calibration than the encoder's."""
        return replace(self, calibration=calibration)

    def read(self, query: NDArray[np.float32]) -> Relevance:
        """The relevance of a name's vector, with the photos as the library."""
        return read_query(self.encoder, self.vectors, query, self.calibration)

    def _match(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        reading = self.read(query)
        return reading.match(reading.log_posterior(self.vectors))


def read_query(
    encoder: Encoder, photos: Vectors, query: NDArray[np.float32], calibration: Calibration | None = None
) -> Relevance:
    """The relevance of the vector (dim,) of words, with photos (n, dim) as the library.

    calibration: by default the encoder's.
    """
    terms = [Term("text", "")]  # the words are in `query`
    reading = Relevance.from_query(encoder, photos, query, terms, items=len(photos))
    if calibration is None:
        return reading
    return replace(reading, calibration=calibration).within(reading.log_posterior(photos), items=len(photos))


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
