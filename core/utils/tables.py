"""Tables as CSV that a spreadsheet may open: the one place in which cells are written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable

Redact = Callable[[str], str]  # how text is written for those who read it: `str` leaves it, a policy cuts folders off

# What begins a formula in a spreadsheet, wide forms too: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def csv_text(rows: Iterable[Iterable[object]], *, redact: Redact) -> str:
    """Rows as CSV (RFC 4180).

    Parameters
    ----------
    rows
        Text goes through `escape_cell`. Numbers, and text that is a number, stay. None becomes an empty cell.
    redact
        Applied to each text first, for instance `Policy.display_path`; `str` changes nothing.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows(
        [escape_cell(cell, redact=redact) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return buffer.getvalue()


def escape_cell(value: str, *, redact: Redact) -> str:
    """Redacts a text, escapes what is not UTF-8, and keeps a spreadsheet from running it as a formula."""
    value = redact(value).encode(errors="backslashreplace").decode()
    return "'" + value if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value
