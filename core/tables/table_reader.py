"""Tables that people bring: CSV with any of the usual separators, JSON lines, Parquet; one rule for all of them."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DataError
from core.tables.parquet import read_parquet
from core.tables.refusals import NO_LIMITS as NO_LIMITS
from core.tables.refusals import Limits as Limits
from core.tables.refusals import TableLimits, check_size, readable
from core.tables.text_tables import decode_lines, read_delimited, read_json_lines
from core.utils.path_matching import nfc

if TYPE_CHECKING:  # loads slowly
    import pyarrow as pa

FILES = ("path", "paths", "file", "files", "filename", "filenames", "file_name", "filepath", "image_path", "image")


@dataclass(frozen=True, eq=False)
class PeoplesTable:
    """A table that somebody brought.

    Attributes
    ----------
    name
        What messages call it.
    rows
        Its columns, named as in the file. Texts are in Unicode's NFC, without spaces around them; an empty cell is
        null. All cells of a CSV and of JSON lines are texts.
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
    with _opened(source, name, limits) as file, readable(name):
        start = file.peek(4)[:4]
        if start == b"PAR1" or (isinstance(source, Path) and source.suffix.lower() in (".parquet", ".pq")):
            table = read_parquet(source, name, limits)
        elif start.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{"):
            table = read_json_lines(file, name, limits)
        else:
            table = read_delimited(file, source, name, limits)
        check_size(name, len(table), table.num_columns, limits)
        return PeoplesTable(name, _clean(_check_header(table, name)))


def read_lines(source: Path | bytes, *, name: str | None = None, limits: TableLimits = NO_LIMITS) -> list[str]:
    """The lines of a text that are not empty, for lists that are no table. Raises DataError as `read_table` does."""
    name = name or (str(source) if isinstance(source, Path) else "The list")
    with _opened(source, name, limits) as file, readable(name):
        return [line for line in decode_lines(file) if line.strip()]


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
    return cleaned if is_row is None or pc.all(is_row).as_py() else cleaned.filter(is_row)
