"""Writes exported rows as Parquet, CSV or NPZ, batch by batch, so that memory does not grow with the library."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.progress import SILENT, Task
from core.share.export_rows import ABOUT, ExportRows, RowBatch, labels_text
from core.utils.tables import Redact, escape_cell

_IN_TABLES = ("path", "item_id", "kind", "start_s", "end_s", "taken_at", "labels")


def write_parquet(rows: ExportRows, path: Path, *, task: Task = SILENT) -> None:
    """Every column and the vectors, exactly; the metadata names the encoder."""
    import pyarrow.parquet as pq

    entry = rows.entry
    about = {
        "encoder_id": entry.id,
        "encoder_name": rows.redact(entry.name),
        "dim": str(entry.dim),
        "made_by": "semblance",
    }
    schema = pa.schema([*ABOUT, pa.field("vector", pa.list_(pa.float32(), entry.dim))], metadata=about)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=list(ABOUT.names)) as writer:
        for part in rows.parts(task=task):
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(part.vectors.ravel()), entry.dim)
            writer.write_table(part.about.append_column("vector", vectors).cast(schema))


def write_csv(rows: ExportRows, path: Path, *, task: Task = SILENT) -> None:
    """A row for each vector, a column for each number."""
    from pyarrow import csv

    writer = None
    try:
        for part in rows.parts(task=task):
            table = pa.table(
                _cells(part, rows.redact) | {f"v{number}": entry for number, entry in enumerate(part.vectors.T)}
            )
            writer = writer or csv.CSVWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _cells(part: RowBatch, redact: Redact) -> dict[str, pa.ChunkedArray | pa.Array]:
    """The columns of tables that people open: no cell of them is a formula."""
    about = part.about
    columns = {name: about[name] for name in _IN_TABLES}
    columns["path"] = pa.array([escape_cell(path, redact=redact) for path in about["path"].to_pylist()])
    columns["labels"] = pa.array(
        [escape_cell(labels_text(entry), redact=redact) for entry in about["labels"].to_pylist()]
    )
    return columns


def write_npz(rows: ExportRows, path: Path, *, task: Task = SILENT) -> None:
    """The arrays that `numpy.savez` would write, but batch by batch."""
    parts: list[pa.Table] = []
    shape = (len(rows), rows.entry.dim)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("vectors.npy", "w", force_zip64=True) as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for part in rows.parts(task=task):
                file.write(part.vectors.astype("<f4").tobytes())
                parts.append(part.about)
        arrays = _arrays(pa.concat_tables(parts))
        arrays |= {"encoder_id": np.array(rows.entry.id), "encoder_name": np.array(rows.redact(rows.entry.name))}
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
