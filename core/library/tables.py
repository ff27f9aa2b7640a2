"""Lance tables, the few things done to them: named, deleted from, packed, and their errors in one sentence."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.errors import LibraryError

_KEEP_VERSIONS = timedelta(minutes=10)  # readers of an older version get this long to finish


def table_name(encoder_id: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", encoder_id.lower())[:40]
    return f"vectors_{slug}_{hashlib.blake2b(encoder_id.encode(), digest_size=4).hexdigest()}"


def delete_rows(table: Any, column: str, values: Sequence[str]) -> None:
    for some in quoted(values):
        table.delete(f"{column} IN ({some})")


def quoted(values: Sequence[str]) -> Iterator[str]:
    """Lists for SQL's IN, up to 1,000 values each."""
    for start in range(0, len(values), 1000):
        yield ", ".join("'" + value.replace("'", "''") + "'" for value in values[start : start + 1000])


def pack(table: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table.optimize(cleanup_older_than=_KEEP_VERSIONS)


def first_line(error: Exception) -> str:
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r",? \S+\.rs:\d+(:\d+)?", "", line)[:160]  # without places in the engine's source


class DamagedTable(LibraryError):
    """One table of a library cannot be read; the others can."""


def damaged(path: Path, name: str, error: Exception) -> DamagedTable:
    """What to say of a table that cannot be read: what it held, what is unharmed, and what to do."""
    if name == "items":
        what, then = "list of files", "index the same folders again, all in one run: their vectors and labels are kept"
    elif name in ("labels", "captions"):
        what, then = f"table of {name}", "all else is unharmed"
    else:
        what, then = "table of one encoder's vectors", "index again: all else is unharmed"
    return DamagedTable(
        f"The {what} of {path} is damaged ({first_line(error)}). "
        f"Restore the folder {name}.lance in it from a copy, or remove that folder; {then}."
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what the table engine raises (disk full, read-only, damaged) into one sentence."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise LibraryError(
            f"Writing into {path} failed ({first_line(error)}). Check its free space and permissions, "
            "then run again: what was committed is safe."
        ) from error
