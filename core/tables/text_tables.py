"""Tables that are text: CSV with any of the usual separators, and JSON lines. All their cells are texts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence, Sized
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import DataError
from core.tables.refusals import CELL_BYTES, TableLimits, check_size

if TYPE_CHECKING:  # loads slowly
    import pyarrow as pa

Row = TypeVar("Row", bound=Sized)

SEPARATORS = ",;\t"
_AT_ONCE = 2_000  # rows: many more of them leave the processor's cache
_CELLS_AT_ONCE = 1_000_000  # before they are in columns
_LINE = 2_000_000  # characters: a line that is longer is no row of a table


def find_separator(lines: Sequence[str]) -> str | None:
    """The first separator outside of quotes, in the first line that has any."""
    for line in lines:
        outside = "".join(line.split('"')[::2])
        place = min((outside.find(mark) for mark in SEPARATORS if mark in outside), default=-1)
        if place >= 0:
            return outside[place]
    return None


def decode_lines(file: io.BufferedReader) -> Iterator[str]:
    """The lines of a file with their ends. Raises UnicodeError, and csv.Error for what is no text."""
    start = file.peek(2)[:2]
    encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    while line := text.readline(_LINE):
        if "\0" in line or len(line) == _LINE:
            raise csv.Error("it is no text of rows")
        yield line


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows, some at a time."""
    batch: list[Row] = []
    cells = 0
    for row in rows:
        batch.append(row)
        cells += len(row)
        if len(batch) == _AT_ONCE or cells > _CELLS_AT_ONCE:
            yield batch
            batch, cells = [], 0
    if batch:
        yield batch


# CSV


def read_delimited(file: io.BufferedReader, source: Path | bytes, name: str, limits: TableLimits) -> pa.Table:
    """A CSV. file: `source`, opened. Raises DataError, and what `core.tables.refusals.readable` explains."""
    import pyarrow as pa

    lines, before = decode_lines(file), 0
    for before, first in enumerate(lines):  # noqa: B007
        if first.strip():
            break
    else:
        raise DataError(f"{name} cannot be read: it is empty, and needs a header and rows.")
    # without one there is a single column, whose cells may hold any of them
    separator = find_separator([first]) or "\x1f"
    reader = csv.reader(chain([first], lines), delimiter=separator, skipinitialspace=True, strict=True)
    header = [column.strip() or f"column {number}" for number, column in enumerate(next(reader), start=1)]
    check_size(name, 0, len(header), limits)
    if (table := _read_unquoted(source, separator, header, before + 1, limits)) is not None:
        return table
    schema, parts, count = pa.schema([(column, pa.string()) for column in header]), [], 0
    for rows in _batches(_even(reader, len(header), name)):
        count += len(rows)
        check_size(name, count, len(header), limits)
        columns = zip(*rows, strict=True)
        parts.append(pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema))
    return pa.Table.from_batches(parts, schema).combine_chunks()


def _read_unquoted(
    source: Path | bytes, separator: str, header: list[str], before: int, limits: TableLimits
) -> pa.Table | None:
    """The rows after the first lines, where no cell is quoted and all rows are even: ten times as fast. Else None."""
    import pyarrow as pa
    import pyarrow.csv

    parse = pyarrow.csv.ParseOptions(delimiter=separator, quote_char=False)
    read = pyarrow.csv.ReadOptions(column_names=header, skip_rows=before)
    convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
    if not isinstance(source, bytes) and not source.is_file():
        return None  # of a pipe the beginning is gone
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            cells = 0
            for block in iter(partial(file.read, 1 << 20), b""):
                cells += block.count(separator.encode()) + block.count(b"\n")
                if b'"' in block or b"\0" in block or cells * CELL_BYTES > limits.unpacked_bytes:
                    return None
            file.seek(0)
            return pyarrow.csv.read_csv(file, read, parse, convert)
    except (pa.ArrowInvalid, OSError):
        return None


def _even(rows: Iterable[list[str]], width: int, name: str) -> Iterator[list[str]]:
    """Rows of one length: what is missing at the end of a row is empty."""
    for number, row in enumerate(rows, start=2):
        if len(row) != width:
            if any(cell.strip() for cell in row[width:]):
                raise DataError(
                    f"{name} cannot be read: row {number} has {len(row)} cells and its header {width}. Put quotes "
                    "around a cell that contains the separator."
                )
            row[width:] = []
            row += [""] * (width - len(row))
        yield row


# JSON lines


def read_json_lines(file: io.BufferedReader, name: str, limits: TableLimits) -> pa.Table:
    """One object a line, with a column for each key; lists and objects in it are left out.

    Raises DataError, and what `core.tables.refusals.readable` explains.
    """
    import pyarrow as pa

    columns: set[str] = set()
    parts, count = [], 0
    for rows in _batches(_objects(decode_lines(file))):
        keys = dict.fromkeys(chain.from_iterable(rows))
        columns.update(keys)
        count += len(rows)
        check_size(name, count, len(columns), limits)
        parts.append(pa.table({key: pa.array([row.get(key) for row in rows], pa.string()) for key in keys}))
    return pa.concat_tables(parts, promote_options="default").combine_chunks() if parts else pa.table({})


def _objects(lines: Iterable[str]) -> Iterator[dict[str, str | None]]:
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)  # numbers stay as they are written
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = decoder.decode(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is no object in braces")
            yield {key: _cell(value) for key, value in row.items() if not isinstance(value, list | dict)}


def _cell(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value).lower()  # true and false
