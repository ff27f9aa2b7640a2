"""Data sets of the Hugging Face hub, or local ones in its formats, as libraries: pictures kept inside the library,
names of classes as labels, captions as captions. No code of a data set is ever run: since 4.0 `datasets` has no way to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError
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
    """What a data set gave. rows: that were read; pictures: files in `folder`, fewer where rows share one.

    refused: (row, reason), also of rows that contradict an earlier one.
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
class _DatasetFacts:
    """What rows say of a picture."""

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
    """Takes a data set's pictures into a library, with their labels and captions, and embeds them.

    opened: see `open_dataset`. limit: at most so many rows, the first ones. columns: which ones hold what, where their
    names and types do not tell. limits: `file_bytes` of each picture. A picture has the same name at every run, so that
    a second run only adds. Labels that a person gave before stay. Raises DataError where there is no such column, or no
    picture, LibraryError, EncoderError and Cancelled.
    """
    found = choose_columns(opened.rows, columns or Columns())
    opened = replace(opened, rows=disable_decoding(opened.rows, found))
    folder = library.path / "uploads" / _slug(opened.name, opened.split)
    report = DatasetReport(opened.name, opened.split, str(folder))
    predictions = _save_rows(opened, found, report, limit, limits, task)
    if not predictions:
        why = f" ({report.refused[0][1]})" if report.refused else ""
        raise DataError(f"The data set {opened.name} gave no picture that can be read{why}.")
    result = ingest(library, encoder, [report.folder], task=task)
    _write_facts(library, predictions, report)
    return result, report


def _save_rows(
    opened: OpenedDataset, columns: Columns, report: DatasetReport, limit: int | None, limits: Policy, task: Task
) -> dict[str, _DatasetFacts]:
    """Writes the pictures of the rows into the library's folder; returns what is told of each, by path."""
    fetch = Fetch(opened.root, limits.file_bytes)
    folder, stage = Path(report.folder), task.stage("read rows", "rows")
    total = min((entry for entry in (limit, opened.count) if entry is not None), default=None)
    found: dict[str, _DatasetFacts] = {}
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
        about = found.setdefault(str(path), _DatasetFacts())
        for column, labels in read_labels(row, columns, opened.rows.features).items():
            first = about.labels.setdefault(column, labels[0])
            if more := [label for label in labels if label != first]:
                reason = f"Its picture has more than one {column}: {first!r} stays, {', '.join(map(repr, more))} goes."
                report.refused.append((f"row {number}", reason))
        about.captions += read_captions(row, columns)
        stage.report(report.rows, total)
    report.pictures = len(found)
    return found


def _rows(opened: OpenedDataset, limit: int | None) -> Iterator[Mapping[str, Any]]:
    rows = iter(opened.rows if limit is None else opened.rows.take(max(0, limit)))
    while True:
        try:
            row = next(rows, None)
        except Exception as error:  # damaged shards and lost connections, in the words of many packages
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise DataError(f"The data set cannot be read on ({reason}): run it again to go on.") from error
        if row is None:
            return
        yield row


def _write_facts(library: Library, predictions: Mapping[str, _DatasetFacts], report: DatasetReport) -> None:
    """Writes labels and captions of the pictures that are in the library now."""
    items = library.items().select(["id", "path"]).to_pydict()
    ids = {path: item_id for item_id, path in zip(items["id"], items["path"], strict=True) if path in predictions}
    given = {(entry.item_id, entry.task) for entry in library.labels() if entry.by == "person"}
    labels = [
        Label(item_id, task, label, "person")
        for path, item_id in ids.items()
        for task, label in predictions[path].labels.items()
        if (item_id, task) not in given
    ]
    captions = [(item_id, caption) for path, item_id in ids.items() for caption in predictions[path].captions]
    library.put_labels(labels)
    library.put_captions(captions)
    report.labels, report.captions = len(labels), len(set(captions))


def _slug(name: str, split: str) -> str:
    """The name of a folder for a data set and its split."""
    last = "/".join(Path(name).parts[-2:]) if os.path.isabs(os.path.expanduser(name)) else name
    cached = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in f"{last} {split}")
    return cached.strip("-.")[:100] or "dataset"


def list_dataset_names(paths: Sequence[str]) -> list[str]:
    """Of what a person wants indexed the data sets, by their names without the prefix."""
    return [path.removeprefix(PREFIX) for path in paths if path.startswith(PREFIX)]
