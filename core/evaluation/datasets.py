"""Captions and labels from tables, and the pictures that they name as vectors."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.library.ingest.reader import ReadFile, read_decoded
from core.progress import SILENT, Task
from core.utils.path_matching import find_file
from core.utils.table_reader import read_table

T = TypeVar("T")


@dataclass(slots=True)
class EmbeddedFiles:
    """vectors: (n, dim). rows: file name -> row. skipped: file name -> reason. images_per_s: files to vectors."""

    vectors: Vectors
    rows: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    images_per_s: float = 0.0


@task_keywords
def embed_files(encoder: Encoder, folder: Path, names: Sequence[str], *, task: Task = SILENT) -> EmbeddedFiles:
    """Embeds the named pictures of a folder, decoding ahead. Raises DataError where not one can be read."""
    encoder.encode_texts(["warm up"])
    paths = [find_file(folder, name) for name in names]
    result = EmbeddedFiles(np.empty((0, encoder.dim), np.float32))
    chunks: list[Vectors] = []
    started, stage = time.perf_counter(), task.stage("embed", "images")
    reads = zip(names, read_decoded(paths, encoder), strict=True)
    for batch in _batches(reads, encoder.batch_size):
        task.check("Stopped before all pictures were embedded.")
        images = [entry.image for _, entry in batch if entry.image is not None]
        chunks.append(encoder.encode_images(images))
        for name, entry in batch:
            if entry.image is None:
                result.skipped[name] = entry.reason or ""
            else:
                result.rows[name] = len(result.rows)
        stage.report(len(result.rows) + len(result.skipped), len(names))
    if not result.rows:
        reason = next(iter(result.skipped.values()), "the table is empty")
        raise DataError(f"Not one picture of {folder} could be read ({reason}) Check the folder and the image column.")
    result.vectors = np.concatenate(chunks)
    result.images_per_s = len(result.rows) / (time.perf_counter() - started)
    return result


def read_pairs(path: Path, first: str, second: str) -> list[tuple[str, str]]:
    """Two columns of a table with a header, rows with an empty field left out. Raises DataError, naming the column."""
    table = read_table(path)
    columns = [table.texts(column) for column in table.require(first, second)]
    pairs = [(one, other) for one, other in zip(*columns, strict=True) if one and other]
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
