"""Tables as CSV that is safe to open in a spreadsheet. All cells are written here."""

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
    """Rows as CSV (RFC 4180). Text goes through `escape_cell`; numbers stay; None is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows([escape_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return buffer.getvalue()


def escape_cell(value: str) -> str:
    """Text that no spreadsheet runs as a formula; numbers stay, bytes that are not UTF-8 are escaped.

    In public mode a path becomes its last part.
    """
    value = get_policy().display_path(value).encode(errors="backslashreplace").decode()
    return "'" + value if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value
