"""Captions and labels from tables, and the pictures that they name as vectors."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.library.ingest.reader import ReadFile, read_ahead, read_file
from core.library.ingest.scan import FoundFile
from core.progress import OnProgress, Progress

T = TypeVar("T")


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
    read = partial(read_file, min_side=encoder.min_side, wants_content=lambda *_: True)
    result = EmbeddedFiles(np.empty((0, encoder.dim), np.float32))
    chunks: list[Vectors] = []
    started = time.perf_counter()
    reads = zip(names, read_ahead(files, read, ahead=encoder.batch_size, cancel=None), strict=True)
    for batch in _batches(reads, encoder.batch_size):
        images = [entry.image for _, entry in batch if entry.image is not None]
        chunks.append(encoder.encode_images(images))
        for name, entry in batch:
            if entry.image is None:
                result.skipped[name] = entry.reason or ""
            else:
                result.rows[name] = len(result.rows)
        if on_progress:
            done = len(result.rows) + len(result.skipped)
            on_progress(Progress("embed", done, len(names), time.perf_counter() - started, "images"))
    if not result.rows:
        reason = next(iter(result.skipped.values()), "the table is empty")
        raise DataError(f"Not one picture of {folder} could be read ({reason}) Check the folder and the image column.")
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


def require_one_each(pairs: Iterable[tuple[str, T]], table: Path) -> dict[str, T]:
    """What is said of each file, once: a picture must not be learned from and measured on too.

    `a.jpg` and `./a.jpg` are one file. Raises DataError, naming the table, where its rows contradict each other.
    """
    found: dict[str, T] = {}
    for name, predictions in pairs:
        name = os.path.normpath(name)
        if found.setdefault(name, predictions) != predictions:
            raise DataError(
                f"{table} says both {found[name]!r} and {predictions!r} of {name}: keep one row for each file."
            )
    return found


def unique(values: Iterable[str]) -> list[str]:
    """The distinct values, in the order of their first appearance."""
    return list(dict.fromkeys(values))


def _batches(reads: Iterable[tuple[str, ReadFile]], size: int) -> Iterator[list[tuple[str, ReadFile]]]:
    remaining = iter(reads)
    while batch := list(islice(remaining, size)):
        yield batch
