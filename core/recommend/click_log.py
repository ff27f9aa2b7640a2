"""What people did in the app, as a log: one line for each click, in a file of the library's own."""

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

_WAIT_S = 5.0  # for another writer; each holds the lock for a moment only


def store_click(library: Library, visit: str, item_id: str, weight: float = 1.0) -> None:
    """Adds what somebody did with an item. visit: any name of the visit, which stands for a person in the log.

    weight: above 0 how much it counts; 0 or less takes back what this visit did with this item before. Several visits
    and processes may do so at once. Raises LibraryError where the library's folder cannot be written.
    """
    row = {"visit": visit, "item": item_id, "weight": float(weight), "time": round(time.time(), 3)}
    file = _file(library)
    try:
        with filelock.FileLock(file.with_suffix(".lock"), timeout=_WAIT_S), file.open("a+b") as target:
            torn = target.tell() > 0 and not _ends_a_line(target)  # by a writer that was killed
            target.write(b"\n" * torn + json.dumps(row).encode() + b"\n")
    except filelock.Timeout:
        raise LibraryError("The clicks of this library are being written by others: try again.") from None
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error.strerror}.") from error


def load_clicks(library: Library) -> InteractionLog | None:
    """The clicks kept for a library, as a log of visits and item ids, in the order of time: of each visit and item the
    last one. Lines that cannot be read are passed over. None where there is none."""
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
    cached = {pair: (at, weight) for pair, (at, weight) in last.items() if weight > 0}
    if not cached:
        return None
    times, weights = zip(*cached.values(), strict=True)
    return make_log(list(cached), times=times, weights=weights)


def forget_clicks(library: Library) -> None:
    """Forgets all clicks of a library. Raises LibraryError where its folder cannot be written."""
    file = _file(library)
    try:
        with filelock.FileLock(file.with_suffix(".lock"), timeout=_WAIT_S):
            if file.exists():
                write_atomic(file, b"")
    except filelock.Timeout:
        raise LibraryError("The clicks of this library are being written by others: try again.") from None
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error.strerror}.") from error


def _file(library: Library) -> Path:
    return library.path / "clicks.jsonl"


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _read(line: bytes) -> tuple[str, str, float, float] | None:
    """(visit, item, weight, time) of a line; None where it says no such thing."""
    try:
        row = json.loads(line)
        visit, item_id, weight, at = row["visit"], row["item"], float(row["weight"]), float(row["time"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    sound = isinstance(visit, str) and isinstance(item_id, str) and math.isfinite(weight) and math.isfinite(at)
    return (visit, item_id, weight, at) if sound else None
