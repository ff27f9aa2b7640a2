"""Reads captions and labels from tables, and embeds the pictures that they name."""

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
from core.tables.table_reader import read_table
from core.utils.path_matching import find_file

T = TypeVar("T")


@dataclass(slots=True)
class EmbeddedFiles:
    """Embedded pictures. vectors: (n, dim). rows: row by file name. skipped: reason by file name. images_per_s: files
    to vectors.
    """

    vectors: Vectors
    rows: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    images_per_s: float = 0.0

    def group_texts(self, pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
        """The texts of each picture, in the order of the rows, from (file name, text) pairs."""
        texts: list[list[str]] = [[] for _ in self.rows]
        for name, text in pairs:
            if name in self.rows:
                texts[self.rows[name]].append(text)
        return texts


@task_keywords
def embed_files(encoder: Encoder, folder: Path, names: Sequence[str], *, task: Task = SILENT) -> EmbeddedFiles:
    """Embeds pictures of a folder, decoding ahead.

    Parameters
    ----------
    encoder : Encoder
    folder : Path
    names : sequence of str
        File names in the folder.
    task : Task, optional

    Returns
    -------
    EmbeddedFiles

    Raises
    ------
    DataError
        No picture can be read.
    """
    encoder.encode_texts(["warm up"])
    paths = [find_file(folder, name) for name in names]
    result = EmbeddedFiles(np.empty((0, encoder.dim), np.float32))
    chunks: list[Vectors] = []
    started, stage = time.perf_counter(), task.stage("embed", "images")
    reads = zip(names, read_decoded(paths, encoder), strict=True)
    for batch in _batches(reads, encoder.batch_size):
        task.check("Stopped before all pictures were embedded.")
        images = [file.image for _, file in batch if file.image is not None]
        chunks.append(encoder.encode_images(images))
        for name, file in batch:
            if file.image is None:
                result.skipped[name] = file.reason or ""
            else:
                result.rows[name] = len(result.rows)
        stage.report(len(result.rows) + len(result.skipped), len(names))
    if not result.rows:
        reason = next(iter(result.skipped.values()), "the table is empty")
        raise DataError(f"No picture of {folder} could be read ({reason}) Check the folder and the image column.")
    result.vectors = np.concatenate(chunks)
    result.images_per_s = len(result.rows) / (time.perf_counter() - started)
    return result


def read_pairs(path: Path, first: str, second: str) -> list[tuple[str, str]]:
    """Reads two columns of a table with a header.

    Parameters
    ----------
    path : Path
    first, second : str
        Names of the columns.

    Returns
    -------
    list of (str, str)
        Without rows that have an empty field.

    Raises
    ------
    DataError
        The table cannot be read, or lacks a column.
    """
    table = read_table(path)
    columns = [table.texts(column) for column in table.require(first, second)]
    pairs = [(one, other) for one, other in zip(*columns, strict=True) if one and other]
    if not pairs:
        raise DataError(f"{path} has no rows.")
    return pairs


def require_one_each(pairs: Iterable[tuple[str, T]], table: Path) -> dict[str, T]:
    """One value per file, so that no picture is both learned from and measured on.

    `a.jpg` and `./a.jpg` are one file.

    Parameters
    ----------
    pairs : iterable of (str, T)
        File names and values.
    table : Path
        For the message.

    Returns
    -------
    dict of str to T

    Raises
    ------
    DataError
        Rows contradict each other.
    """
    values: dict[str, T] = {}
    for name, value in pairs:
        name = os.path.normpath(name)
        if values.setdefault(name, value) != value:
            raise DataError(f"{table} has both {values[name]!r} and {value!r} for {name}: keep one row per file.")
    return values


def unique(values: Iterable[str]) -> list[str]:
    """Distinct values in the order of their first appearance."""
    return list(dict.fromkeys(values))


def _batches(reads: Iterable[tuple[str, ReadFile]], size: int) -> Iterator[list[tuple[str, ReadFile]]]:
    remaining = iter(reads)
    while batch := list(islice(remaining, size)):
        yield batch
