"""Why a table is refused: it is too large, or a library cannot read it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from core.errors import DataError, first_line

MOST_COLUMNS = 10_000
CELL_BYTES = 24  # that an empty cell takes: 4 in a column of Arrow, of which there are copies, and 8 in a list
_ERRORS = (OSError, ValueError, TypeError, KeyError, IndexError, ArithmeticError, RuntimeError)  # of Arrow and of json


class TableLimits(Protocol):
    """How large a table may be. `core.policy.Policy` is one."""

    @property
    def file_bytes(self) -> float:
        """Of the file."""

    @property
    def unpacked_bytes(self) -> float:
        """Of what it holds, where each cell counts as `CELL_BYTES` at least."""

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


def check_size(name: str, rows: int, columns: int, limits: TableLimits) -> None:
    """Raises DataError for a table that is too large: ask before its cells are in memory.

    A small file may have many cells: rows that end early are filled up, and each row of JSON may name other columns.
    """
    if columns > MOST_COLUMNS:
        raise DataError(f"{name} cannot be read: it has {columns:,} columns. Is it another file?")
    if rows > limits.table_rows:
        raise DataError(f"{name} has more than {limits.table_rows:,} rows: bring a part of it.")
    if rows * columns * CELL_BYTES > limits.unpacked_bytes:
        most = f"{limits.unpacked_bytes / CELL_BYTES:,.0f} cells"
        raise DataError(f"{name} has {columns:,} columns and {rows:,} rows or more, and may have {most}: bring a part.")


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Errors of the libraries that read a table, as a DataError that names it."""
    try:
        yield
    except (UnicodeError, csv.Error) as error:
        raise DataError(f"{name} cannot be read: it is not a CSV in UTF-8 ({error}).") from error
    except _ERRORS as error:
        reason = first_line(error).rstrip(".")
        raise DataError(f"{name} cannot be read as a table: {reason}.") from error
