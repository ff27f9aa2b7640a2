"""Tables as CSV that a spreadsheet may open: the one place in which cells are written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from core.policy import get_policy

# What begins a formula in a spreadsheet, wide forms too: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV (RFC 4180). Text goes through `escape_cell`; numbers, and text that is one, stay; None is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows([escape_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return buffer.getvalue()


def escape_cell(value: str) -> str:
    """Keeps a spreadsheet from running a file name as a formula, and writes out what of it is not UTF-8.

    Of a path the public is given the name alone.
    """
    value = get_policy().display_path(value).encode(errors="backslashreplace").decode()
    return "'" + value if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value
