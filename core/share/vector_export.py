"""Exports the vectors of a library, and what it stores about their items, as one file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.deprecated import accept_task, task_keywords
from core.errors import DataError
from core.library.filters import Filters
from core.library.store import Library
from core.progress import SILENT, Task
from core.share.export_rows import ExportRows
from core.share.vector_formats import export_formats
from core.utils.files import to_absolute
from core.utils.tables import Redact


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes
    ----------
    path : str
        The file.
    encoder : str
        Name of the encoder.
    vectors, dim : int
        Number of vectors, and numbers in each.
    bytes : int
        Size of the file.
    """

    path: str
    encoder: str
    vectors: int
    dim: int
    bytes: int


@task_keywords
def export_vectors(
    library: Library,
    encoder_id: str,
    out: Path | str,
    *,
    filters: Filters | None = None,
    item_ids: Collection[str] | None = None,
    sprite: bool = False,
    redact: Redact = str,
    task: Task = SILENT,
) -> ExportReport:
    """Writes the vectors of one encoder to a file, one row per vector (a video has several).

    Parameters
    ----------
    library : Library
        Where the vectors are.
    encoder_id : str
        Id of the encoder, as in `Library.encoders()`.
    out : Path or str
        The file; its suffix selects the format. Of the built-in formats, `.parquet` has everything, exactly, and
        `import_vectors` restores a library from it; `.csv` has a column for each number; `.npz` has the array
        `vectors` (n, dim) and one for each column, without pickles; `.zip` is for the TensorBoard projector.
    redact : callable, optional
        How paths are written; by default whole.
    filters : Filters, optional
        Which items.
    item_ids : collection of str, optional
        Which items; combined with `filters`.
    sprite : bool
        Adds a small picture of each vector, where the format has room for them.
    task : Task, optional
        Its progress is in vectors.

    Returns
    -------
    ExportReport
        What was written.

    Raises
    ------
    DataError
        No vectors match, the suffix is unknown, or the file cannot be written.
    LibraryError
        A table of the library is damaged.
    Cancelled
        `task` was cancelled. An older file of that name stays as it was.

    See Also
    --------
    core.share.vector_formats.VectorFormat : the formats, and how to add one.
    """
    out = to_absolute(out)
    formats = export_formats()
    format = formats.get(out.suffix.lower())
    if format is None or format.write is None:
        raise DataError(f"{out.name!r} has no known format: end the name in {', '.join(formats)}.")
    rows = ExportRows.load(library, encoder_id, redact=redact, filters=filters, item_ids=item_ids)
    with _replacing(out) as unfinished:
        extra = {"sprite": sprite} if format.has_sprite else {}
        accept_task(format.write)(rows, unfinished, task=task, **extra)
    return ExportReport(str(out), rows.entry.name, len(rows), rows.entry.dim, out.stat().st_size)


def estimate_bytes(vectors: int, dim: int, suffix: str) -> int:
    """Roughly how large the file becomes, in bytes."""
    return round(vectors * (dim * export_formats()[suffix].bytes_per_number + 200))


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to; the file takes its real name once it is complete."""
    unfinished = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
