"""Vectors and what is known of their items as a file: Parquet, CSV, NPZ, or for the TensorBoard projector.

Written in batches, so that memory does not grow with the library, and under another name until whole.
"""

from __future__ import annotations

import os
import secrets
import threading
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.errors import DataError
from core.library.filters import Filters
from core.library.store import Library
from core.progress import OnProgress
from core.share.export_rows import ABOUT, ExportRows, RowBatch, labels_text
from core.share.tensorboard import write_projector
from core.utils.files import to_absolute
from core.utils.tables import Redact, escape_cell

FORMATS = {
    ".parquet": "Parquet",
    ".csv": "CSV",
    ".npz": "NumPy (NPZ)",
    ".zip": "TensorBoard projector (zip)",
}
_IN_TABLES = ("path", "item_id", "kind", "start_s", "end_s", "taken_at", "labels")
_BYTES_A_NUMBER = {".parquet": 2.7, ".csv": 12.6, ".npz": 4.0, ".zip": 5.5}  # measured with photos


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written: to where, how many vectors of how many numbers each, and bytes."""

    path: str
    encoder: str
    vectors: int
    dim: int
    bytes: int


def export_vectors(
    library: Library,
    encoder_id: str,
    out: Path | str,
    *,
    filters: Filters | None = None,
    item_ids: Collection[str] | None = None,
    sprite: bool = False,
    redact: Redact = str,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> ExportReport:
    """Writes the vectors of an encoder, a row each (a video has several), into a file whose ending says the format.

    .parquet: everything, exact; `import_vectors` restores a library from it. .csv: a column for each number. .npz:
    arrays `vectors` (n, dim) and one for each of path, kind and so on; no pickles. .zip: for the TensorBoard projector,
    with sprite a small picture of each. filters, item_ids: which items; both, if both are given.
    redact: how paths are written, by default whole.
    Raises DataError where nothing is to be written or the ending is unknown, LibraryError, and Cancelled (an older file
    of that name then stays as it was).
    """
    out = to_absolute(out)
    write = _WRITERS.get(out.suffix.lower())
    if write is None:
        raise DataError(f"{out.name!r} says no format that is known: end the name in {', '.join(FORMATS)}.")
    rows = ExportRows.load(library, encoder_id, redact=redact, filters=filters, item_ids=item_ids)
    with _replacing(out) as unfinished:
        if write is write_projector:
            write_projector(library.name, rows, unfinished, sprite=sprite, on_progress=on_progress, cancel=cancel)
        else:
            write(rows, unfinished, on_progress, cancel)
    return ExportReport(str(out), rows.entry.name, len(rows), rows.entry.dim, out.stat().st_size)


def estimate_bytes(vectors: int, dim: int, suffix: str) -> int:
    """About how large a file gets."""
    return round(vectors * (dim * _BYTES_A_NUMBER[suffix] + 200))


# inside


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A name beside the wanted one, to write to; what is written takes the wanted name only if all went well."""
    unfinished = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write_parquet(rows: ExportRows, path: Path, report: OnProgress | None, cancel: threading.Event | None) -> None:
    import pyarrow.parquet as pq

    entry = rows.entry
    about = {"encoder_id": entry.id, "encoder_name": entry.name, "dim": str(entry.dim), "made_by": "semblance"}
    schema = pa.schema([*ABOUT, pa.field("vector", pa.list_(pa.float32(), entry.dim))], metadata=about)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=list(ABOUT.names)) as writer:
        for part in rows.parts(on_progress=report, cancel=cancel):
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(part.vectors.ravel()), entry.dim)
            writer.write_table(part.about.append_column("vector", vectors).cast(schema))


def _write_csv(rows: ExportRows, path: Path, report: OnProgress | None, cancel: threading.Event | None) -> None:
    from pyarrow import csv

    writer = None
    try:
        for part in rows.parts(on_progress=report, cancel=cancel):
            table = pa.table(
                _make_cells(part, rows.redact) | {f"v{number}": entry for number, entry in enumerate(part.vectors.T)}
            )
            writer = writer or csv.CSVWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _make_cells(part: RowBatch, redact: Redact) -> dict[str, pa.ChunkedArray | pa.Array]:
    """The columns of tables that people open: no cell of them is a formula."""
    about = part.about
    columns = {name: about[name] for name in _IN_TABLES}
    columns["path"] = pa.array([escape_cell(path, redact=redact) for path in about["path"].to_pylist()])
    columns["labels"] = pa.array(
        [escape_cell(labels_text(entry), redact=redact) for entry in about["labels"].to_pylist()]
    )
    return columns


def _write_npz(rows: ExportRows, path: Path, report: OnProgress | None, cancel: threading.Event | None) -> None:
    """As `numpy.savez` would, but a part at a time."""
    parts: list[pa.Table] = []
    shape = (len(rows), rows.entry.dim)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("vectors.npy", "w", force_zip64=True) as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for part in rows.parts(on_progress=report, cancel=cancel):
                file.write(part.vectors.astype("<f4").tobytes())
                parts.append(part.about)
        arrays = _arrays(pa.concat_tables(parts))
        arrays |= {"encoder_id": np.array(rows.entry.id), "encoder_name": np.array(rows.entry.name)}
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def _arrays(about: pa.Table) -> dict[str, np.ndarray]:
    texts = {name: [entry or "" for entry in about[name].to_pylist()] for name in ("path", "item_id", "kind")}
    texts["content_hash"] = [entry or "" for entry in about["content_hash"].to_pylist()]
    texts["taken_at"] = [entry.isoformat() if entry else "" for entry in about["taken_at"].to_pylist()]
    texts["labels"] = [labels_text(entry) for entry in about["labels"].to_pylist()]
    numbers = {name: about[name].to_numpy().astype(np.float32) for name in ("start_s", "end_s")}
    return {name: np.array(column, np.str_) for name, column in texts.items()} | numbers


_WRITERS: dict[str, Callable[..., None]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".npz": _write_npz,
    ".zip": write_projector,
}
