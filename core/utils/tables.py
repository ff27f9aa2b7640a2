"""Tables as CSV that a spreadsheet may open: the one place in which cells are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Redact = Callable[[str], str]  # how text is written for those who read it: `str` leaves it, a policy cuts folders off

# What begins a formula in a spreadsheet, wide forms too: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_SPLITS = re.compile(r'[",;\t\r\n]')
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
    return "".join(",".join(_cell(cell, redact) for cell in row) + "\r\n" for row in rows)


def _cell(value: object, redact: Redact) -> str:
    """One cell; in quotes also where another program would split it, as at the semicolons of many countries."""
    if value is None:
        return ""
    text = escape_cell(value, redact=redact) if isinstance(value, str) else str(value)
    return '"' + text.replace('"', '""') + '"' if _SPLITS.search(text) else text


def escape_cell(value: str, *, redact: Redact) -> str:
    """Redacts a text, escapes what is not UTF-8, and keeps a spreadsheet from running it as a formula."""
    value = redact(value).encode(errors="backslashreplace").decode()
    return "'" + value if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value
