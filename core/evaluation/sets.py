"""Measures an encoder on several sets of pictures at once: names in words as classes, captions as searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.encoders.base import Encoder
from core.encoders.prompts import embed_texts
from core.errors import DataError
from core.evaluation.datasets import EmbeddedFiles, embed_files, unique
from core.progress import SILENT, Task
from core.search.query import PLAIN
from core.tables.table_reader import read_table
from core.vectors.ranking_metrics import Recall, compute_best_rank, compute_recall

LABEL, CAPTION = "label", "caption"
_COLUMNS = ("image", "text", "kind", "set")


@dataclass(frozen=True, slots=True)
class SetReport:
    """Figures of one set.

    Attributes
    ----------
    name : str
    pictures : int
    texts : int
        Different names or captions to choose from.
    top1 : float or None
        Share of pictures whose name comes first among all names of the set. None for a set of captions, or of one name.
    recall : Recall or None
        Caption to its picture, among the measured pictures of all sets. None for a set of names.
    """

    name: str
    pictures: int
    texts: int
    top1: float | None
    recall: Recall | None


@dataclass(frozen=True, slots=True)
class SetsReport:
    """`mean_top1`: over the sets that have one. pictures: measured, of all sets. skipped: (image, reason)."""

    pictures: int
    mean_top1: float | None
    sets: tuple[SetReport, ...]
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    image: str
    text: str
    kind: str
    set: str


def evaluate_sets(
    encoder: Encoder,
    images: Path,
    texts: Path,
    *,
    only: Path | None = None,
    templates: Sequence[str] | None = None,
    task: Task = SILENT,
) -> SetsReport:
    """Zero-shot accuracy in each set of names and recall in each set of captions.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    texts : Path
        Table with the columns image, text, kind ("label" or "caption") and set. A picture may have several captions.
    only : Path, optional
        Table with the column image: the pictures to measure on. The names to choose from stay those of `texts`.
    templates : sequence of str, optional
        Prompts of the names. Default: the encoder's.
    task : Task, optional

    Returns
    -------
    SetsReport

    Raises
    ------
    DataError
        A file cannot be read, a kind is unknown, or nothing is left to measure.
    """
    rows = _read_rows(texts)
    chosen = _read_names(only) if only else {row.image for row in rows}
    measured = unique(row.image for row in rows if row.image in chosen)
    if not measured:
        raise DataError(f"{texts} has no picture of {only}: check that both name files in the same way.")
    embedded = embed_files(encoder, images, measured, task=task)
    by_set: dict[str, list[_Row]] = {}
    for row in rows:
        by_set.setdefault(row.set, []).append(row)
    reports = [
        _report(encoder, name, by_set[name], embedded, templates)
        for name in sorted(by_set)
        if any(row.image in embedded.rows for row in by_set[name])
    ]
    accuracies = [report.top1 for report in reports if report.top1 is not None]
    mean = round(float(np.mean(accuracies)), 4) if accuracies else None
    return SetsReport(len(embedded.rows), mean, tuple(reports), encoder.name, tuple(embedded.skipped.items()))


def read_label_sets(path: Path) -> dict[str, dict[str, str]]:
    """{set: {image: label}} of the rows of the kind "label". Raises DataError."""
    found: dict[str, dict[str, str]] = {}
    for row in _read_rows(path):
        if row.kind == LABEL:
            found.setdefault(row.set, {})[row.image] = row.text
    return found


def _report(
    encoder: Encoder, name: str, rows: Sequence[_Row], embedded: EmbeddedFiles, templates: Sequence[str] | None
) -> SetReport:
    names = unique(row.text for row in rows if row.kind == LABEL)
    pictures = len({row.image for row in rows if row.image in embedded.rows})
    if not names:
        captions = [(row.text, embedded.rows[row.image]) for row in rows if row.image in embedded.rows]
        return SetReport(name, pictures, len(captions), None, _recall(encoder, captions, embedded))
    label = {row.image: names.index(row.text) for row in rows if row.kind == LABEL and row.image in embedded.rows}
    top1 = _accuracy(encoder, names, label, embedded, templates) if len(names) > 1 else None
    return SetReport(name, pictures, len(names), top1, None)


def _accuracy(
    encoder: Encoder,
    names: Sequence[str],
    label: Mapping[str, int],
    embedded: EmbeddedFiles,
    templates: Sequence[str] | None,
) -> float:
    pictures = embedded.vectors[[embedded.rows[image] for image in label]]
    best = (pictures @ embed_texts(encoder, names, templates=templates).T).argmax(axis=1)
    return round(float(np.mean(best == np.array(list(label.values())))), 4)


def _recall(encoder: Encoder, captions: Sequence[tuple[str, int]], embedded: EmbeddedFiles) -> Recall:
    owners = np.array([row for _, row in captions])
    similarities = embed_texts(encoder, [text for text, _ in captions], templates=PLAIN) @ embedded.vectors.T
    return compute_recall(compute_best_rank(similarities, owners[:, None] == np.arange(len(embedded.vectors))[None]))


def _read_rows(path: Path) -> list[_Row]:
    table = read_table(path)
    columns = [table.texts(column) for column in table.require(*_COLUMNS)]
    rows = [_Row(*cells) for cells in zip(*columns, strict=True) if all(cells)]
    for row in rows:
        if row.kind not in (LABEL, CAPTION):
            raise DataError(f'{path} calls {row.image} a "{row.kind}": a kind is "{LABEL}" or "{CAPTION}".')
    if not rows:
        raise DataError(f"{path} has no rows.")
    return rows


def _read_names(path: Path) -> set[str]:
    table = read_table(path)
    return set(table.texts(table.require("image")[0]))
