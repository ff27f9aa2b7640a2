"""Tables in Parquet files."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ApartError, DataError
from core.isolation.calls import Limits, stream_limited
from core.tables.refusals import TableLimits, check_size

if TYPE_CHECKING:  # loads slowly
    import pyarrow as pa

_SILENT_S = 120.0
_TIMES = 2  # a file that is sent is in memory twice


def read_parquet(source: Path | bytes, name: str, limits: TableLimits) -> pa.Table:
    """Its columns that hold a value in each row.

    Raises DataError, and what `core.tables.refusals.readable` explains.
    """
    import pyarrow.parquet as pq

    from core.tables.parquet_sizes import list_flat_columns

    if not math.isinf(limits.unpacked_bytes):
        _check_apart(source, name, limits)
    with pq.ParquetFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
        columns = list_flat_columns(file)
        check_size(name, file.metadata.num_rows, len(columns), limits)
        return file.read(columns=columns)


def _check_apart(source: Path | bytes, name: str, limits: TableLimits) -> None:
    from core.tables.parquet_sizes import count_bytes

    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    apart = Limits(silent_s=_SILENT_S, more_memory=int(limits.unpacked_bytes) + _TIMES * size)
    data = source if isinstance(source, bytes) else str(source)
    try:
        for _ in stream_limited(count_bytes, data, name, limits.unpacked_bytes, limits.table_rows, limits=apart):
            pass
    except ApartError as error:
        raise DataError(f"{name} broke its reader, or takes more memory than it may: bring a part of it.") from error
