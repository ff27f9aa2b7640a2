"""Tables that people bring: CSV with any of the usual separators, JSON lines, Parquet; one rule for all of them."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from core.errors import DataError, first_line
from core.utils.path_matching import nfc

if TYPE_CHECKING:  # loads slowly
    import pyarrow as pa

SEPARATORS = ",;\t"
FILES = ("path", "paths", "file", "files", "filename", "filenames", "file_name", "filepath", "image_path", "image")
_AT_ONCE = 2_000  # rows: many more of them leave the processor's cache
_LINE = 2_000_000  # characters: a line that is longer is no row of a table
_COLUMNS = 10_000
_CELL_BYTES = 8  # at least, in memory: a Parquet of some kilobytes may hold millions of rows


class TableLimits(Protocol):
    """How large a table may be. `core.policy.Policy` is one."""

    @property
    def file_bytes(self) -> float:
        """Of the file."""

    @property
    def unpacked_bytes(self) -> float:
        """Of what a Parquet file holds."""

    @property
    def table_rows(self) -> float:
        """Rows."""


@dataclass(frozen=True)
class Limits:
    """Limits of a table that are those of no policy."""

    file_bytes: float = math.inf
    unpacked_bytes: float = math.inf
    table_rows: float = math.inf


NO_LIMITS: TableLimits = Limits()


@dataclass(frozen=True, eq=False)
class PeoplesTable:
    """A table that somebody brought.

    Attributes
    ----------
    name
        What messages call it.
    rows
        Its columns, named as in the file. Texts are in Unicode's NFC, without spaces around them; an empty cell is
        null. All cells of a CSV are texts.
    """

    name: str
    rows: pa.Table

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.rows.column_names)

    def find(self, *names: str) -> str | None:
        """The column of the first of these names that the table has, whatever its case and spaces."""
        known = {_key(column): column for column in reversed(self.columns)}
        return next((known[_key(name)] for name in names if _key(name) in known), None)

    def require(self, *names: str) -> list[str]:
        """The column of each name. Raises DataError, naming those that are missing."""
        missing = sorted({name for name in names if self.find(name) is None})
        if missing:
            raise DataError(
                f"{self.name} has no column {', '.join(missing)}: its header must name "
                f"{', '.join(dict.fromkeys(names))} (it has: {', '.join(self.columns)[:200] or 'nothing'})."
            )
        return [self.find(name) or name for name in names]

    def texts(self, column: str) -> list[str]:
        """The cells of a column as texts, "" where one is empty. Raises DataError for a column of lists."""
        return [text or "" for text in self.strings(column).to_pylist()]

    def strings(self, column: str) -> pa.ChunkedArray:
        """The cells of a column as an Arrow column of strings, null where one is empty. Raises DataError."""
        import pyarrow as pa

        try:
            return self.rows[column].cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(f"The column {column} of {self.name} must hold text or numbers.") from error


def read_table(source: Path | bytes, *, name: str | None = None, limits: TableLimits = NO_LIMITS) -> PeoplesTable:
    """Reads a table with a header.

    The kind of file is told by its content. A CSV is in UTF-8 (or UTF-16 with a mark), its cells are separated by
    commas, semicolons or tabs, and may be quoted.

    Parameters
    ----------
    source
        A file, or its content.
    name
        What messages call the table, by default its path.
    limits
        How large it may be.

    Raises
    ------
    DataError
        The file cannot be read, has two columns of one name, a row with more cells than the header, or is too large.
    """
    name = name or (str(source) if isinstance(source, Path) else "The table")
    with _opened(source, name, limits) as file:
        start = file.peek(4)[:4]
        try:
            if start == b"PAR1" or (isinstance(source, Path) and source.suffix.lower() in (".parquet", ".pq")):
                table = _read_parquet(source, name, limits)
            elif start.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{"):
                table = _read_json_lines(file)
            else:
                table = _read_delimited(file, source, name, limits)
        except (UnicodeError, csv.Error) as error:
            raise DataError(f"{name} cannot be read: it is not a CSV in UTF-8 ({error}).") from error
        except (OSError, ValueError, KeyError, NotImplementedError) as error:  # those of Arrow are among them
            reason = first_line(error).rstrip(".")
            raise DataError(f"{name} cannot be read as a table: {reason}.") from error
    if len(table) > limits.table_rows:
        raise DataError(f"{name} has more than {limits.table_rows:,} rows: bring a part of it.")
    return PeoplesTable(name, _clean(_check_header(table, name)))


def read_lines(source: Path | bytes, *, name: str | None = None, limits: TableLimits = NO_LIMITS) -> list[str]:
    """The lines of a text that are not empty, for lists that are no table. Raises DataError as `read_table` does."""
    name = name or (str(source) if isinstance(source, Path) else "The list")
    with _opened(source, name, limits) as file:
        try:
            return [line for line in _lines(file) if line.strip()]
        except (UnicodeError, csv.Error) as error:
            raise DataError(f"{name} cannot be read: it is not a CSV in UTF-8 ({error}).") from error


def find_separator(lines: Sequence[str]) -> str | None:
    """The first separator outside of quotes, in the first line that has any."""
    for line in lines:
        outside = "".join(line.split('"')[::2])
        place = min((outside.find(mark) for mark in SEPARATORS if mark in outside), default=-1)
        if place >= 0:
            return outside[place]
    return None


def _key(name: str) -> str:
    return " ".join(nfc(name).casefold().split())


def _opened(source: Path | bytes, name: str, limits: TableLimits) -> io.BufferedReader:
    try:
        raw: Any = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb", buffering=0)  # noqa: SIM115
        size = len(source) if isinstance(source, bytes) else os.fstat(raw.fileno()).st_size
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{name} cannot be read: {reason}.") from error
    if size > limits.file_bytes:
        raw.close()
        raise DataError(f"{name} is larger than {limits.file_bytes / 1e6:,.0f} MB: bring a part of it.")
    return io.BufferedReader(raw, 1 << 20)


# CSV


def _lines(file: io.BufferedReader) -> Iterator[str]:
    start = file.peek(2)[:2]
    encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    while line := text.readline(_LINE):
        if "\0" in line or len(line) == _LINE:
            raise csv.Error("it is no text of rows")
        yield line


def _read_delimited(file: io.BufferedReader, source: Path | bytes, name: str, limits: TableLimits) -> pa.Table:
    import pyarrow as pa

    lines, before = _lines(file), 0
    for before, first in enumerate(lines):  # noqa: B007
        if first.strip():
            break
    else:
        raise DataError(f"{name} cannot be read: it is empty, and needs a header and rows.")
    # without one there is a single column, whose cells may hold any of them
    separator = find_separator([first]) or "\x1f"
    reader = csv.reader(chain([first], lines), delimiter=separator, skipinitialspace=True, strict=True)
    header = [column.strip() or f"column {number}" for number, column in enumerate(next(reader), start=1)]
    if len(header) > _COLUMNS:
        raise DataError(f"{name} cannot be read: it has {len(header):,} columns. Is it another file?")
    if (table := _read_unquoted(source, separator, header, before + 1)) is not None:
        return table
    schema, batches, count = pa.schema([(column, pa.string()) for column in header]), [], 1
    while count <= limits.table_rows + 1 and (rows := list(islice(reader, _AT_ONCE))):
        columns = zip(*_even(rows, len(header), name, count), strict=True)
        batches.append(pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema))
        count += len(rows)
    return pa.Table.from_batches(batches, schema).combine_chunks()


def _read_unquoted(source: Path | bytes, separator: str, header: list[str], before: int) -> pa.Table | None:
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
            if any(b'"' in block or b"\0" in block for block in iter(partial(file.read, 1 << 20), b"")):
                return None
            file.seek(0)
            return pyarrow.csv.read_csv(file, read, parse, convert)
    except (pa.ArrowInvalid, OSError):
        return None


def _even(rows: list[list[str]], width: int, name: str, before: int) -> list[list[str]]:
    """Rows of one length: what is missing at the end of a row is empty."""
    if set(map(len, rows)) == {width}:
        return rows
    for number, row in enumerate(rows, start=before + 1):
        if any(cell.strip() for cell in row[width:]):
            raise DataError(
                f"{name} cannot be read: row {number} has {len(row)} cells and its header {width}. Put quotes around a "
                "cell that contains the separator."
            )
        row[width:] = []
        row += [""] * (width - len(row))
    return rows


# other formats


def _read_json_lines(file: BinaryIO) -> pa.Table:
    import pyarrow.json

    return pyarrow.json.read_json(file)


def _read_parquet(source: Path | bytes, name: str, limits: TableLimits) -> pa.Table:
    """Its columns that hold a value in each row. Sizes are checked before anything is read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
        flat = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        rows = sum(group.num_rows for group in groups)
        if max(size, rows * len(flat) * _CELL_BYTES) > limits.unpacked_bytes or rows > limits.table_rows:
            raise DataError(f"{name} holds {rows:,} rows of {size / 1e6:,.0f} MB: bring a part of it.")
        return file.read(columns=flat)


# what holds for all of them


def _check_header(table: pa.Table, name: str) -> pa.Table:
    seen: set[str] = set()
    for column in table.column_names:
        if _key(column) in seen:
            raise DataError(f"{name} has two columns of one name, {column}: rename one.")
        seen.add(_key(column))
    return table


def _clean(table: pa.Table) -> pa.Table:
    """Texts as they are compared, nulls for what is empty, no rows without any value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns, is_row = [], None
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type):
            column = pc.utf8_trim_whitespace(column)
            if not pc.all(pc.string_is_ascii(column)).as_py():
                column = pc.utf8_normalize(column, form="NFC")
            column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        columns.append(column)
        here = pc.is_valid(column)
        is_row = here if is_row is None else pc.or_(is_row, here)
    cleaned = pa.table(columns, names=table.column_names) if columns else table
    return cleaned if is_row is None else cleaned.filter(is_row)
