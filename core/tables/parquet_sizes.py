"""How much a Parquet file holds, counted in a child process whose memory is limited.

Its headers may lie, and count what a dictionary holds once, however many rows name it: some kilobytes may be gigabytes.
What this process could read, in parts, any other can read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq  # here, as the memory of a call is limited once the module is there

from core.errors import DataError
from core.tables.refusals import CELL_BYTES, Limits, check_size, readable

_ROWS, _CELLS = 16_384, 1_000_000  # read at a time


def open_frugally(source: Path | bytes) -> pq.ParquetFile:
    """Opens a Parquet in a child process. Not for the app's own: this sets how Arrow takes memory."""
    pa.set_memory_pool(pa.system_memory_pool())  # others reserve more than the limit of the process at once
    pa.set_io_thread_count(1)  # each thread's stack counts, too
    return pq.ParquetFile(io.BytesIO(source) if isinstance(source, bytes) else source)


def list_flat_columns(file: pq.ParquetFile) -> list[str]:
    """The columns that hold a value in each row, and no lists."""
    return [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]


def count_bytes(source: str | bytes, name: str, unpacked_bytes: float, table_rows: float) -> Iterator[int]:
    """The bytes of all flat columns so far, decoded, after each part.

    Raises
    ------
    DataError
        The file cannot be read, or holds more than it may.
    """
    limits = Limits(unpacked_bytes=unpacked_bytes, table_rows=table_rows)
    with readable(name), open_frugally(source if isinstance(source, bytes) else Path(source)) as file:
        columns, rows = list_flat_columns(file), file.metadata.num_rows
        check_size(name, rows, len(columns), limits)
        total = 0
        at_once = max(100, min(_ROWS, _CELLS // max(1, len(columns))))
        for batch in file.iter_batches(at_once, columns=columns, use_threads=False):
            total += sum(map(decoded_bytes, batch.columns))
            if total > unpacked_bytes:
                raise DataError(
                    f"{name} holds {rows:,} rows of more than {unpacked_bytes / 1e6:,.0f} MB: bring a part of it."
                )
            yield total


def decoded_bytes(column: pa.Array) -> int:
    """Bytes of a column where each row has its own value, not the number of one in a dictionary."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return decoded_bytes(column.dictionary_decode())
    if pa.types.is_struct(kind):
        return len(column) + sum(map(decoded_bytes, column.flatten()))
    if pa.types.is_nested(kind):
        return CELL_BYTES * len(column) + decoded_bytes(column.flatten())
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):  # rows may share theirs
        return int(column.cast(pa.large_binary()).nbytes)
    return int(column.nbytes)
