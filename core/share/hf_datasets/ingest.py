"""Indexes data sets of the Hugging Face hub, or local ones in its formats: pictures become part of the library, class
names become labels, captions become captions. Code of a data set never runs; `datasets` 4 has no way to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError, first_line
from core.library.ingest.run import IngestReport, ingest
from core.library.schema import Label
from core.library.store import Library
from core.library.uploads import safe_name
from core.policy import LOCAL, Policy
from core.progress import SILENT, Task
from core.share.hf_datasets.columns import (
    Columns,
    Fetch,
    choose_columns,
    disable_decoding,
    read_captions,
    read_image,
    read_labels,
)
from core.share.hf_datasets.open import PREFIX, OpenedDataset, open_dataset
from core.utils.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PREFIX", "DatasetReport", "OpenedDataset", "index_dataset", "list_dataset_names", "open_dataset"]


@dataclass(slots=True)
class DatasetReport:
    """What was read from a data set.

    Attributes
    ----------
    name, split : str
    folder : str
        Where the pictures are stored.
    rows : int
        Rows read.
    pictures : int
        Files in `folder`; fewer where rows share one.
    labels, captions : int
    refused : list of (str, str)
        Row and reason, also of rows that contradict an earlier one.
    """

    name: str
    split: str
    folder: str
    rows: int = 0
    pictures: int = 0
    labels: int = 0
    captions: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Annotations:
    """Labels and captions of a picture."""

    labels: dict[str, str] = field(default_factory=dict)
    captions: list[str] = field(default_factory=list)


@task_keywords
def index_dataset(
    library: Library,
    encoder: Encoder,
    opened: OpenedDataset,
    *,
    limit: int | None = None,
    columns: Columns | None = None,
    limits: Policy = LOCAL,
    task: Task = SILENT,
) -> tuple[IngestReport, DatasetReport]:
    """Copies a data set's pictures into a library, with their labels and captions, and embeds them.

    A picture has the same name at every run, so that a second run only adds. Labels that a person gave before stay.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    opened : OpenedDataset
        See `open_dataset`.
    limit : int, optional
        Most rows, from the beginning.
    columns : Columns, optional
        Default: chosen by name and type.
    limits : Policy
        Its `file_bytes` limits each picture.
    task : Task, optional

    Returns
    -------
    (IngestReport, DatasetReport)

    Raises
    ------
    DataError
        A column does not exist, or there are no readable pictures.
    LibraryError, EncoderError, Cancelled
    """
    columns = choose_columns(opened.rows, columns or Columns())
    opened = replace(opened, rows=disable_decoding(opened.rows, columns))
    folder = library.path / "uploads" / _slug(opened.name, opened.split)
    report = DatasetReport(opened.name, opened.split, str(folder))
    annotations = _save_rows(opened, columns, report, limit, limits, task)
    if not annotations:
        reason = f" ({report.refused[0][1]})" if report.refused else ""
        raise DataError(f"The data set {opened.name} has no readable picture{reason}.")
    result = ingest(library, encoder, [report.folder], task=task)
    _write_annotations(library, annotations, report)
    return result, report


def _save_rows(
    opened: OpenedDataset, columns: Columns, report: DatasetReport, limit: int | None, limits: Policy, task: Task
) -> dict[str, _Annotations]:
    """Writes the pictures of the rows into the library's folder; returns their annotations by path."""
    fetch = Fetch(opened.root, limits.file_bytes)
    folder, stage = Path(report.folder), task.stage("read rows", "rows")
    total = min((count for count in (limit, opened.count) if count is not None), default=None)
    annotations: dict[str, _Annotations] = {}
    for number, row in enumerate(_rows(opened, limit)):
        task.check("Stopped: run it again to go on.")
        report.rows += 1
        try:
            stem, data = read_image(row[columns.image or ""], fetch)
        except DataError as error:
            report.refused.append((f"row {number}", str(error)))
            continue
        path = folder / safe_name(stem, data)
        if not path.exists():
            write_atomic(path, data)
        own = annotations.setdefault(str(path), _Annotations())
        for column, labels in read_labels(row, columns, opened.rows.features).items():
            first = own.labels.setdefault(column, labels[0])
            if others := [label for label in labels if label != first]:
                dropped = ", ".join(map(repr, others))
                reason = f"Its picture has more than one {column}: {first!r} is used, {dropped} dropped."
                report.refused.append((f"row {number}", reason))
        own.captions += read_captions(row, columns)
        stage.report(report.rows, total)
    report.pictures = len(annotations)
    return annotations


def _rows(opened: OpenedDataset, limit: int | None) -> Iterator[Mapping[str, Any]]:
    rows = iter(opened.rows if limit is None else opened.rows.take(max(0, limit)))
    while True:
        try:
            row = next(rows, None)
        except Exception as error:  # damaged shards and lost connections raise errors of many packages
            raise DataError(f"Reading the data set stopped ({first_line(error)}): run it again to continue.") from error
        if row is None:
            return
        yield row


def _write_annotations(library: Library, annotations: Mapping[str, _Annotations], report: DatasetReport) -> None:
    """Writes labels and captions of the pictures that are now in the library."""
    items = library.items().select(["id", "path"]).to_pydict()
    ids = {path: item_id for item_id, path in zip(items["id"], items["path"], strict=True) if path in annotations}
    by_person = {(label.item_id, label.task) for label in library.labels() if label.by == "person"}
    labels = [
        Label(item_id, task, label, "person")
        for path, item_id in ids.items()
        for task, label in annotations[path].labels.items()
        if (item_id, task) not in by_person
    ]
    captions = [(item_id, caption) for path, item_id in ids.items() for caption in annotations[path].captions]
    library.put_labels(labels)
    library.put_captions(captions)
    report.labels, report.captions = len(labels), len(set(captions))


def _slug(name: str, split: str) -> str:
    """Folder name for a data set and its split."""
    short = "/".join(Path(name).parts[-2:]) if os.path.isabs(os.path.expanduser(name)) else name
    slug = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in f"{short} {split}")
    return slug.strip("-.")[:100] or "dataset"


def list_dataset_names(paths: Sequence[str]) -> list[str]:
    """Names of the data sets among paths to index, without the prefix "hf:".

    Parameters
    ----------
    paths : sequence of str

    Returns
    -------
    list of str
    """
    return [path.removeprefix(PREFIX) for path in paths if path.startswith(PREFIX)]
