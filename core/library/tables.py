"""Lance tables, the few things done to them: named, deleted from, packed, and their errors in one sentence."""

from __future__ import annotations

import hashlib
import os
import re
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.errors import LibraryError

_KEEP_VERSIONS = timedelta(minutes=10)  # readers of an older version get this long to finish
_ALL_VERSIONS = timedelta(days=36_500)
_MAGIC = b"LANC"  # ends each of the engine's files of data and of versions
_OTHERS_S = 2.0  # within which another process has finished the file that it is writing


def table_name(encoder_id: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", encoder_id.lower())[:40]
    return f"vectors_{slug}_{hashlib.blake2b(encoder_id.encode(), digest_size=4).hexdigest()}"


def delete_rows(table: Any, column: str, values: Sequence[str]) -> None:
    for sample in quote_values(values):
        table.delete(f"{column} IN ({sample})")


def quote_values(values: Sequence[str]) -> Iterator[str]:
    """Lists for SQL's IN, up to 1,000 values each."""
    for start in range(0, len(values), 1000):
        yield ", ".join("'" + value.replace("'", "''") + "'" for value in values[start : start + 1000])


def pack(table: Any, folder: Path) -> None:
    """Few large files for many small ones; what these were goes only once those are on the disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with atomic_table_write(folder):
            table.optimize(cleanup_older_than=_ALL_VERSIONS)
        table.optimize(cleanup_older_than=_KEEP_VERSIONS)


@contextmanager
def atomic_table_write(folder: Path) -> Iterator[None]:
    """Takes back what the block commits to the table in a folder if not all of it has reached the disk.

    Where the last part of a file does not fit any more, Lance commits it cut off and says nothing, and the table could
    never be read again. Without the newest version's file the one before it counts. Others may commit meanwhile, and
    may be writing still: only versions that are cut off, or hold data that is, are taken back.
    """
    before = _files(folder)
    try:
        yield
    finally:
        cut_off = _cut_off(_files(folder) - before)
        for path in cut_off:
            path.unlink(missing_ok=True)
    if cut_off:
        raise OSError("No space left on device: the end of a file was not written")


def _files(folder: Path) -> set[Path]:
    return {*folder.glob("data/*.lance"), *folder.glob("_versions/*.manifest")}


def _cut_off(new: Iterable[Path]) -> list[Path]:
    """The files of versions that are not whole themselves, or name a file of data that is not."""
    until = time.monotonic() + _OTHERS_S
    while True:
        broken = [path for path in new if not _is_whole(path)]
        data = [path.name.encode() for path in broken if path.suffix != ".manifest"]
        found = [path for path in new if path.suffix == ".manifest" and (path in broken or _names(path, data))]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.05)


def _names(version: Path, data: Sequence[bytes]) -> bool:
    try:
        predictions = version.read_bytes() if data else b""
    except FileNotFoundError:  # packed away by another process
        return False
    return any(name in predictions for name in data)


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-len(_MAGIC), os.SEEK_END)
            return file.read() == _MAGIC
    except FileNotFoundError:  # packed away by another process
        return True
    except OSError:  # shorter than that
        return False


def first_line(error: Exception) -> str:
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r",? \S+\.rs:\d+(:\d+)?", "", line)[:160]  # without places in the engine's source


class DamagedTable(LibraryError):
    """One table of a library cannot be read; the others can."""


def make_damaged_error(path: Path, name: str, error: Exception) -> DamagedTable:
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
def explain_damage(path: Path) -> Iterator[None]:
    """Turns what the table engine raises (disk full, read-only, damaged) into one sentence."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise LibraryError(
            f"Writing into {path} failed ({first_line(error)}). Check its free space and permissions, "
            "then run again: what was committed is safe."
        ) from error
