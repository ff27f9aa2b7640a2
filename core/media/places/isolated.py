"""Places are looked for in a child process, whose time and memory are limited: files come from anywhere."""

from __future__ import annotations

import os
from io import BufferedReader
from pathlib import Path

from core.errors import ApartError, SemblanceError
from core.isolation.calls import Limits, stream_limited
from core.media.places import find_places
from core.media.places.edits import Edit
from core.media.places.unsure import Unsure
from core.utils.files import to_absolute

_LIMITS = Limits(silent_s=90.0, work_s=30.0, more_memory=2 * 2**30)
_COULD_TELL = "a copy of it could tell where it was taken."

_Status = tuple[int, ...]  # changes with the content


def find_places_isolated(file: BufferedReader) -> list[Edit]:
    """`find_places` in a child process.

    Parameters
    ----------
    file : binary file
        Of the disk, as `open` returns it.

    Returns
    -------
    list of Edit
        See `find_places`.

    Raises
    ------
    Unsure
        As `find_places`; it takes too much time or memory, or the file is being changed.
    """
    try:
        ((status, edits),) = stream_limited(search, str(to_absolute(Path(file.name))), limits=_LIMITS)
    except ApartError:
        raise Unsure(f"Looking for places in it takes too much time or memory: {_COULD_TELL}") from None
    except SemblanceError as error:
        raise Unsure(str(error)) from None
    if status != _get_status(file):
        raise Unsure(f"It is being changed: {_COULD_TELL}")
    return [Edit(*edit) for edit in edits]


def search(path: str) -> tuple[_Status, tuple[Edit, ...]]:
    """What the child process runs: the state of the file, and its edits."""
    with open(path, "rb") as file:
        return _get_status(file), tuple(find_places(file))


def _get_status(file: BufferedReader) -> _Status:
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
