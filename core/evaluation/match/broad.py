"""Measures where the divider of a search stands for broad words: many photos are right for each, of many kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.calibration import Calibration
from core.encoders.prompts import embed_texts
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, unique
from core.evaluation.match.captioned_things import find_things
from core.evaluation.match.relevance import read_query
from core.progress import SILENT, Task
from core.search.relevance import LIKELY, Relevance
from core.tables.table_reader import read_table
from core.vectors.ranking_metrics import compute_average_precision, compute_f1_at_cuts


@dataclass(frozen=True)
class BroadData:
    """Photos, and words of which many photos may be right.

    Attributes
    ----------
    encoder : Encoder
    vectors : array of float32, shape (n, dim)
        Of the photos.
    words : tuple of str
    queries : array of float32, shape (w, dim)
        Of the words.
    right : array of bool, shape (w, n)
        Which photos show what each word means; none for absent words.
    calibration : Calibration, optional
        By default the encoder's.
    """

    encoder: Encoder
    vectors: Vectors
    words: tuple[str, ...]
    queries: Vectors
    right: NDArray[np.bool_]
    calibration: Calibration | None = None

    def read(self, word: int) -> Relevance:
        """The relevance of a word, with the photos as the library."""
        return read_query(self.encoder, self.vectors, self.queries[word], self.calibration)

    def part(self, words: Sequence[int], photos: NDArray[np.int64]) -> BroadData:
        """Only some words and photos."""
        right = self.right[list(words)][:, photos]
        chosen = tuple(self.words[word] for word in words)
        return replace(self, vectors=self.vectors[photos], words=chosen, queries=self.queries[list(words)], right=right)

    def calibrated(self, calibration: Calibration) -> BroadData:
        """The same under another calibration than the encoder's."""
        return replace(self, calibration=calibration)


@dataclass(frozen=True, slots=True)
class BroadWord:
    """One word. photos: right ones. above: shown above the divider. f1: at the divider; best_f1: at the best cut of the
    same ranking, with best_precision. average_precision: of the order shown; by_cosine: of the cosine's order.
    """

    word: str
    photos: int
    above: int
    precision: float
    recall: float
    f1: float
    best_f1: float
    best_precision: float
    average_precision: float
    by_cosine: float


@dataclass(frozen=True, slots=True)
class BroadReport:
    """Means over the words, 0 to 1.

    f1_share: of f1 in best_f1, word by word. precision: over the words that have something above the divider. refused:
    share of the absent words with nothing above it. hub: the largest share of words that have one photo among their
    first ten, by the order shown; hub_by_cosine: by cosine.
    """

    images: int
    present: int
    absent: int
    f1: float
    best_f1: float
    f1_share: float
    precision: float
    best_precision: float
    recall: float
    refused: float
    average_precision: float
    by_cosine: float
    hub: float
    hub_by_cosine: float
    encoder: str
    words: tuple[BroadWord, ...]


def evaluate_broad(
    encoder: Encoder, images: Path, words: Path, *, labels: Path | None = None, captions: Path | None = None,
    task: Task = SILENT,
) -> BroadReport:  # fmt: skip
    """Searches photos for broad words, and measures the divider and the order.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    words : Path
        CSV with the columns word, source (labels or captions), names (separated by |; none for an absent word).
    labels : Path, optional
        CSV with the columns image, label. A photo is right if its label is one of the names.
    captions : Path, optional
        CSV with the columns image, caption. A photo is right if two of its captions have one of the names.
    task : Task, optional

    Returns
    -------
    BroadReport

    Raises
    ------
    DataError
        A file cannot be read, or no photo is right for any word.
    """
    return measure_broad(load_broad_data(encoder, images, words, labels=labels, captions=captions, task=task))


def load_broad_data(
    encoder: Encoder, images: Path, words: Path, *, labels: Path | None = None, captions: Path | None = None,
    task: Task = SILENT,
) -> BroadData:  # fmt: skip
    """Embeds the photos and words of `evaluate_broad`, with the same parameters and errors."""
    if (labels is None) == (captions is None):
        raise DataError("Broad words are judged by labels or by captions: give one of them.")
    source = "labels" if captions is None else "captions"
    pairs = read_pairs(labels or captions, "image", source.removesuffix("s"))  # type: ignore[arg-type]
    names = read_words(words, source)
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    texts = embedded.group_texts(pairs)
    if source == "labels":
        right = np.array([[not set(own).isdisjoint(entry) for own in texts] for entry in names.values()])
    else:
        right = find_things(texts, names).present
    if not right.any():
        raise DataError(f"No photo is right for any word of {words}: check the column names.")
    return BroadData(encoder, embedded.vectors, tuple(names), embed_texts(encoder, list(names)), right)


def read_words(path: Path, source: str) -> dict[str, tuple[str, ...]]:
    """The words of a table for one source, and the names of each. Raises DataError."""
    table = read_table(path)
    rows = zip(*(table.texts(column) for column in table.require("word", "source", "names")), strict=True)
    found = {word: tuple(filter(None, names.split("|"))) for word, kind, names in rows if kind == source}
    if not found:
        raise DataError(f"{path} has no word with the source {source}.")
    return found


def measure_broad(data: BroadData) -> BroadReport:
    """The report for photos and words; `words` of it has those that some photo is right for."""
    present: list[BroadWord] = []
    refused: list[bool] = []
    first: dict[str, Counter[int]] = {"shown": Counter(), "cosine": Counter()}
    for word, right in enumerate(data.right):
        reading = data.read(word)
        posteriors = reading.log_posterior(data.vectors)
        cosines = data.vectors @ data.queries[word]
        above = int((reading.match(posteriors) >= LIKELY).sum())
        first["shown"].update(np.argsort(-posteriors, kind="stable")[:10].tolist())
        first["cosine"].update(np.argsort(-cosines, kind="stable")[:10].tolist())
        if right.any():
            present.append(_measure_word(data.words[word], right, posteriors, cosines, above))
        else:
            refused.append(above == 0)
    hubs = [max(counts.values()) / len(data.words) for counts in first.values()]
    return _summarize(data, present, refused, hubs)


def _measure_word(
    word: str, right: NDArray[np.bool_], posteriors: NDArray[np.floating], cosines: NDArray[np.floating], above: int
) -> BroadWord:
    order = np.argsort(-posteriors, kind="stable")
    hits, f1 = np.cumsum(right[order]), compute_f1_at_cuts(right[order])
    best = int(f1.argmax())
    found = int(hits[above - 1]) if above else 0
    numbers = (
        found / above if above else float("nan"), found / hits[-1], f1[above - 1] if above else 0.0, f1[best],
        hits[best] / (best + 1), compute_average_precision(right[order]),
        compute_average_precision(right[np.argsort(-cosines, kind="stable")]),
    )  # fmt: skip
    return BroadWord(word, int(hits[-1]), above, *(round(float(number), 4) for number in numbers))


def _summarize(data: BroadData, words: list[BroadWord], refused: list[bool], hubs: list[float]) -> BroadReport:
    def mean(values: Sequence[float]) -> float:
        return round(float(np.nanmean(values)), 4) if len(values) else float("nan")

    return BroadReport(
        images=len(data.vectors),
        present=len(words),
        absent=len(refused),
        f1=mean([word.f1 for word in words]),
        best_f1=mean([word.best_f1 for word in words]),
        f1_share=mean([word.f1 / word.best_f1 for word in words]),
        precision=mean([word.precision for word in words]),
        best_precision=mean([word.best_precision for word in words]),
        recall=mean([word.recall for word in words]),
        refused=mean(refused),
        average_precision=mean([word.average_precision for word in words]),
        by_cosine=mean([word.by_cosine for word in words]),
        hub=round(hubs[0], 4),
        hub_by_cosine=round(hubs[1], 4),
        encoder=data.encoder.name,
        words=tuple(words),
    )
