"""Small files made from media and kept by content, so that they are made once: in the home folder, or with a visit."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Literal

from core.library.schema import Item
from core.library.session_folders import cache_dir_for
from core.utils.files import write_atomic

MAX_BYTES = 2_000_000_000  # of a room; then its oldest files go
_EVERY = 64  # writes between two looks at the room's size

Room = Literal["thumbnails", "previews"]
_writes: dict[Path, int] = {}
_sweeping: set[Path] = set()
_lock = threading.Lock()


def load_cached(room: Room, item: Item, name: str) -> bytes | None:
    """What was kept of an item under a name; None where nothing is."""
    path = _path(room, item, name)
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None


def store_cached(room: Room, item: Item, name: str, data: bytes) -> None:
    """Keeps it, if the file is still the one whose content hash the item has. A full disk costs speed, no more."""
    path = _path(room, item, name)
    if path is None or not is_as_indexed(item):
        return
    with contextlib.suppress(OSError):
        write_atomic(path, data)
        folder = cache_dir_for(item.path) / room
        with _lock:
            is_due = _writes.get(folder, 0) % _EVERY == 0 and folder not in _sweeping
            _writes[folder] = _writes.get(folder, 0) + 1
            if is_due:
                _sweeping.add(folder)
        if is_due:  # beside the page that asked: there may be 100,000 files to look at
            threading.Thread(target=_sweep, args=(folder,), name="sweep of kept files", daemon=True).start()


def _sweep(folder: Path) -> None:
    try:
        with contextlib.suppress(OSError):
            limit_folder_size(folder, MAX_BYTES)
    finally:
        with _lock:
            _sweeping.discard(folder)


def limit_folder_size(folder: Path, max_bytes: int) -> None:
    """Removes the oldest files below a folder until the rest is at most nine tenths of `max_bytes`, if it is more."""
    files = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # gone since it was listed
            if path.is_file():
                files.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in files)
    if total <= max_bytes:
        return
    for _, size, path in sorted(files):
        if total <= max_bytes * 0.9:
            return
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size


def _path(room: Room, item: Item, name: str) -> Path | None:
    digest = item.content_hash
    return cache_dir_for(item.path) / room / "v1" / digest[:2] / f"{digest}-{name}" if digest else None


def is_as_indexed(item: Item) -> bool:
    """Whether the file is still the one that was hashed: only then may what is made of it go by that hash."""
    try:
        stat = os.stat(item.path)
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (item.bytes, item.mtime_ns)
