"""Log of clicks in the app, one line per click in a file of the library."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import BinaryIO

import filelock

from core.errors import LibraryError
from core.library.store import Library
from core.recommend.log_reader import InteractionLog, make_log
from core.utils.files import write_atomic

_WAIT_S = 5.0  # for the lock, which writers hold only briefly


def store_click(library: Library, visit: str, item_id: str, weight: float = 1.0) -> None:
    """Adds a click. Safe for several threads and processes.

    Parameters
    ----------
    library : Library
    visit : str
        Any name; the user in the log.
    item_id : str
    weight : float
        Above 0; 0 or less removes earlier clicks of this visit on this item.

    Raises
    ------
    LibraryError
        The folder of the library is not writable.
    """
    row = {"visit": visit, "item": item_id, "weight": float(weight), "time": round(time.time(), 3)}
    file = _file(library)
    try:
        with filelock.FileLock(file.with_suffix(".lock"), timeout=_WAIT_S), file.open("a+b") as target:
            is_torn = target.tell() > 0 and not _ends_a_line(target)  # a killed writer left half a line
            target.write(b"\n" * is_torn + json.dumps(row).encode() + b"\n")
    except filelock.Timeout:
        raise LibraryError("The click log of this library is in use: try again.") from None
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error.strerror}.") from error


def load_clicks(library: Library) -> InteractionLog | None:
    """The clicks as a log of visits and item ids, by time, with the last click of each visit and item.

    Unreadable lines are skipped.

    Parameters
    ----------
    library : Library

    Returns
    -------
    InteractionLog or None
        None if there are no clicks.
    """
    try:
        lines = _file(library).read_bytes().splitlines()
    except OSError:
        return None
    last: dict[tuple[str, str], tuple[float, float]] = {}
    for line in lines:
        if (click := _read(line)) is not None:
            visit, item_id, weight, at = click
            last.pop((visit, item_id), None)
            last[visit, item_id] = (at, weight)
    clicks = {pair: (at, weight) for pair, (at, weight) in last.items() if weight > 0}
    if not clicks:
        return None
    times, weights = zip(*clicks.values(), strict=True)
    return make_log(list(clicks), times=times, weights=weights)


def forget_clicks(library: Library) -> None:
    """Deletes all clicks of a library.

    Parameters
    ----------
    library : Library

    Raises
    ------
    LibraryError
        The folder of the library is not writable.
    """
    file = _file(library)
    try:
        with filelock.FileLock(file.with_suffix(".lock"), timeout=_WAIT_S):
            if file.exists():
                write_atomic(file, b"")
    except filelock.Timeout:
        raise LibraryError("The click log of this library is in use: try again.") from None
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error.strerror}.") from error


def _file(library: Library) -> Path:
    return library.path / "clicks.jsonl"


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _read(line: bytes) -> tuple[str, str, float, float] | None:
    """Visit, item, weight and time of a line; None if it is invalid."""
    try:
        row = json.loads(line)
        visit, item_id, weight, at = row["visit"], row["item"], float(row["weight"]), float(row["time"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_valid = isinstance(visit, str) and isinstance(item_id, str) and math.isfinite(weight) and math.isfinite(at)
    return (visit, item_id, weight, at) if is_valid else None
