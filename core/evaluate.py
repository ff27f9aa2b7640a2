"""Quality in figures: retrieval by captions, zero-shot by class names, and how well "nothing here matches" is told."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.library.reader import ReadFile, read_ahead, read_file
from core.library.scan import FoundFile
from core.neutral import imagenet_names
from core.progress import OnProgress, Progress
from core.query import Term, embed_texts
from core.relevance import LIKELY, Relevance

PLAIN = ("{}",)


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of queries, 0 to 1, with a right answer among the first 1, 5 and 10."""

    r1: float
    r5: float
    r10: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """pool: images ranked; queries: captions. t2i: caption -> its image; i2t: image -> any of its captions.

    images_per_s: files to vectors, model loading left out. skipped: (image, reason) of files that could not be read.
    """

    pool: int
    queries: int
    t2i: Recall
    i2t: Recall
    images_per_s: float
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ZeroShotReport:
    """Shares, 0 to 1, of images whose label is first, or among the first five, of the class names."""

    classes: int
    images: int
    top1: float
    top5: float
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


def evaluate_retrieval(
    encoder: Encoder,
    images: Path,
    captions: Path,
    *,
    templates: Sequence[str] = PLAIN,
    on_progress: OnProgress | None = None,
) -> RetrievalReport:
    """Recall@k between the images of a folder and a CSV of captions (columns image, caption).

    Ranks are by cosine over the whole pool; ties count against the encoder. Raises DataError.
    """
    pairs = read_pairs(captions, "image", "caption")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), on_progress=on_progress)
    pairs = [(name, caption) for name, caption in pairs if name in embedded.rows]
    texts = embed_texts(encoder, [caption for _, caption in pairs], templates=templates)
    owners = np.array([embedded.rows[name] for name, _ in pairs])
    similarities = texts @ embedded.vectors.T
    own = owners[:, None] == np.arange(len(embedded.vectors))[None]
    return RetrievalReport(
        pool=len(embedded.vectors),
        queries=len(pairs),
        t2i=_recall(_best_rank(similarities, own)),
        i2t=_recall(_best_rank(similarities.T, own.T)),
        images_per_s=round(embedded.images_per_s, 1),
        encoder=encoder.id,
        skipped=tuple(embedded.skipped.items()),
    )


def evaluate_zeroshot(
    encoder: Encoder,
    images: Path,
    labels: Path,
    *,
    templates: Sequence[str] | None = None,
    on_progress: OnProgress | None = None,
) -> ZeroShotReport:
    """Accuracy over a CSV of labels (columns image, label); the classes are the labels that occur in it.

    templates: the prompts of each class name (default: the encoder's own). Raises DataError.
    """
    pairs = read_pairs(labels, "image", "label")
    classes = unique(label for _, label in pairs)
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), on_progress=on_progress)
    pairs = [(name, label) for name, label in pairs if name in embedded.rows]
    prototypes = embed_texts(encoder, classes, templates=templates)
    pictures = embedded.vectors[[embedded.rows[name] for name, _ in pairs]]
    right = np.array([label for _, label in pairs])[:, None] == np.array(classes)[None]
    ranks = _best_rank(pictures @ prototypes.T, right)
    return ZeroShotReport(
        classes=len(classes),
        images=len(pairs),
        top1=round(float((ranks < 1).mean()), 4),
        top5=round(float((ranks < 5).mean()), 4),
        encoder=encoder.id,
        skipped=tuple(embedded.skipped.items()),
    )


@dataclass(frozen=True, slots=True)
class RelevanceReport:
    """How well "nothing here matches" is told, in shares from 0 to 1.

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


def evaluate_relevance(
    encoder: Encoder, images: Path, labels: Path, *, on_progress: OnProgress | None = None
) -> RelevanceReport:
    """Asks a folder of labelled photos (CSV: image, label) for its own labels and for as many names it does not hold.

    The absent names are a fixed random sample of the ImageNet class names that are not among the labels.
    """
    data = relevance_data(encoder, images, labels, on_progress=on_progress)
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
        encoder=encoder.id,
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
        reading = Relevance.of(self.encoder, vectors, query, terms, items=len(photos))
        return reading.of_hits(vectors @ query, vectors)


def relevance_data(
    encoder: Encoder, images: Path, labels: Path, *, on_progress: OnProgress | None = None
) -> RelevanceData:
    """Embeds what `evaluate_relevance` asks about."""
    pairs = read_pairs(labels, "image", "label")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), on_progress=on_progress)
    rows: dict[str, list[int]] = {}
    for name, label in pairs:
        if name in embedded.rows:
            rows.setdefault(label, []).append(embedded.rows[name])
    others = [name for name in imagenet_names() if name not in rows]
    sample = np.random.default_rng(0).permutation(len(others))[: len(rows)]
    absent = embed_texts(encoder, [others[n] for n in sample])
    owners = [np.array(each) for each in rows.values()]
    return RelevanceData(encoder, embedded.vectors, embed_texts(encoder, list(rows)), owners, absent)


# what the evaluations share


@dataclass(slots=True)
class EmbeddedFiles:
    """vectors: (n, dim). rows: file name -> row. skipped: file name -> reason. images_per_s: files to vectors."""

    vectors: Vectors
    rows: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    images_per_s: float = 0.0


def embed_files(
    encoder: Encoder, folder: Path, names: Sequence[str], *, on_progress: OnProgress | None = None
) -> EmbeddedFiles:
    """Embeds the named pictures of a folder, decoding ahead. Raises DataError where not one can be read."""
    encoder.encode_texts(["warm up"])
    files = [FoundFile(str(folder / name), 0, 0) for name in names]
    read = partial(read_file, min_side=encoder.min_side, wants_pixels=lambda _: True)
    result = EmbeddedFiles(np.empty((0, encoder.dim), np.float32))
    chunks: list[Vectors] = []
    started = time.perf_counter()
    for batch in _batches(read_ahead(files, read, ahead=encoder.batch_size, cancel=None), encoder.batch_size):
        good = [each for each in batch if each.image is not None]
        result.skipped.update({Path(each.file.path).name: each.reason or "" for each in batch if each.image is None})
        chunks.append(encoder.encode_images([each.image for each in good if each.image is not None]))
        for each in good:
            result.rows[str(Path(each.file.path).relative_to(folder))] = len(result.rows)
        if on_progress:
            done = len(result.rows) + len(result.skipped)
            on_progress(Progress("embed", done, len(names), time.perf_counter() - started, "images"))
    if not result.rows:
        reason = next(iter(result.skipped.values()), "the table is empty")
        raise DataError(f"Not one picture of {folder} could be read ({reason}) Check --images and the image column.")
    result.vectors = np.concatenate(chunks)
    result.images_per_s = len(result.rows) / (time.perf_counter() - started)
    return result


def read_pairs(path: Path, first: str, second: str) -> list[tuple[str, str]]:
    """Two columns of a CSV with a header, rows with an empty field left out. Raises DataError, naming the column."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            lacking = {first, second} - set(reader.fieldnames or [])
            if lacking:
                raise DataError(
                    f"{path} has no column {', '.join(sorted(lacking))}: its header must name {first}, {second}."
                )
            pairs = [(row[first], row[second]) for row in reader if row[first] and row[second]]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a CSV in UTF-8: {error}.") from error
    if not pairs:
        raise DataError(f"{path} holds no rows.")
    return pairs


def unique(values: Iterator[str]) -> list[str]:
    """The distinct values, in the order of their first appearance."""
    return list(dict.fromkeys(values))


def _batches(reads: Iterator[ReadFile], size: int) -> Iterator[list[ReadFile]]:
    batch: list[ReadFile] = []
    for read in reads:
        batch.append(read)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _best_rank(similarities: NDArray[np.floating], right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(queries,) rank from 0 of the best right answer of each row; what ties with it counts as before it."""
    best = np.where(right, similarities, -np.inf).max(axis=1, keepdims=True)
    return ((similarities >= best) & ~right).sum(axis=1)


def _recall(ranks: NDArray[np.int64]) -> Recall:
    return Recall(*(round(float((ranks < k).mean()), 4) for k in (1, 5, 10)))
