"""Which files of a library leave this machine's server: original files, and pictures and clips that are made of them.

A library may come from somebody else, and then its table names any file. So on a public server only media files leave
that lie in folders which the operator listed, and that are what was indexed; copies of them do not tell where they were
taken. Whatever opens a file to show it asks here, by the rules that the app has set.
"""

from __future__ import annotations

import io
import os
import stat
import time
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from core.config import get_home, settings_file
from core.errors import MediaError
from core.library.ingest.reader import hash_file
from core.library.public.session_folders import get_current_visits_folder
from core.library.registry import libraries_folder, list_libraries
from core.library.schema import Item
from core.media.kinds import is_item_path
from core.media.places import write_edited
from core.media.places.isolated import find_places_isolated
from core.policy import Policy, rules

_MISSING = "The file is not there any more."
_NOT_LISTED = "This server does not hand out that file: its folder is not among those that its operator listed."
_NO_MEDIUM = "It is no picture or video."
_FRESH_S = 5.0  # how long files of a library that was removed from the list may still leave
CHANGED = "The file has changed since it was indexed."


def check_handed_out(item: Item) -> None:
    """Raises MediaError with the reason where a file is not for those who visit this server."""
    policy = rules()
    reason = find_reason(item, policy) if policy.public else _find_oddity(item.path)
    if reason is not None:
        raise MediaError(reason)


def is_handed_out(item: Item) -> bool:
    """Whether a file is for those who visit this server."""
    try:
        check_handed_out(item)
    except MediaError:
        return False
    return True


def find_reason(item: Item, policy: Policy) -> str | None:
    """Why a file does not leave a public server; None if it may."""
    try:
        path = os.path.realpath(item.path, strict=True)
        status = os.stat(path)
    except (OSError, ValueError):  # a NUL in the path
        return _MISSING
    if not is_listed(path, policy):
        return _NOT_LISTED
    if not stat.S_ISREG(status.st_mode) or not (is_item_path(path, item.kind) and is_item_path(item.path, item.kind)):
        return _NO_MEDIUM
    if (status.st_size, status.st_mtime_ns) == (item.bytes, item.mtime_ns):
        return None
    is_same = status.st_size == item.bytes and _digest(path, status.st_mtime_ns) == item.content_hash
    return None if is_same else CHANGED


def add_to_zip(archive: zipfile.ZipFile, path: str, name: str) -> None:
    """Writes a file into an open zip under a name: on a public server without the place where it was taken.

    Raises Unsure where nobody can be sure of that, and what reading and writing raises.
    """
    if not rules().public:
        archive.write(path, name)
        return
    with open(path, "rb") as file:
        edits = find_places_isolated(file)
        entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
        with archive.open(entry, "w") as target:
            write_edited(file, edits, cast(BinaryIO, target))


def get_playable(item: Item) -> str | bytes:
    """What a browser may be given of a video: its path, or its content where a public server leaves out the place."""
    check_handed_out(item)
    if not rules().public:
        return item.path
    with open(item.path, "rb") as file:
        if not (edits := find_places_isolated(file)):
            return item.path
        content = io.BytesIO()
        write_edited(file, edits, content)
        return content.getvalue()


def _find_oddity(path: str) -> str | None:
    try:
        is_file = stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):  # whoever opens it says what is wrong
        return None
    return None if is_file else _NO_MEDIUM  # a pipe would be waited for


def is_listed(real_path: str, policy: Policy) -> bool:
    """Whether a path without links lies in a folder that the operator listed, or that Semblance fills."""
    home = get_home()
    changed = tuple(_changed_at(path) for path in (libraries_folder(), settings_file()))
    turn = int(time.monotonic() / _FRESH_S)
    return real_path.startswith(_find_roots(policy.folders, home, get_current_visits_folder(), changed, turn))


@lru_cache(maxsize=4)
def _find_roots(
    folders: tuple[str, ...], home: Path, visits: Path | None, changed: tuple[int, ...], turn: int
) -> tuple[str, ...]:
    """How real paths of files begin that may leave the server.

    Looks into the folder of every library, so once for each `changed`, by which a new library shows, and `turn`.
    """
    roots = [os.path.realpath(folder) for folder in folders]
    if visits is not None:
        roots.append(os.path.realpath(visits))
    for path in list_libraries():
        # uploads and data sets, and what the sample library is made of; never through a link in the library itself
        names = ("uploads", "photos", "clips", "texts") if path.parent == libraries_folder() else ("uploads",)
        roots += [os.path.join(os.path.realpath(path), name) for name in names]
    return tuple(root.rstrip(os.sep) + os.sep for root in roots)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4_096)
def _digest(path: str, mtime_ns: int) -> str | None:
    try:
        return hash_file(Path(path))
    except MediaError:
        return None
