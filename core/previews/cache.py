"""Files on which decoding hangs: for a while that is said at once, and nobody waits for it again."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from core.errors import TooSlow
from core.library.schema import Item
from core.library.session_folders import cache_dir_for
from core.utils.files import write_atomic

_FOR_S = 600.0  # it may have been the machine and not the file
_MOST = 1_000

Key = tuple[str, int, int, str]
_timed_out: OrderedDict[Key, tuple[float, str]] = OrderedDict()  # when, and what was said
_failures_lock = threading.Lock()


@contextmanager
def fail_fast(item: Item, name: str) -> Iterator[None]:
    """Around making something of an item's file: where decoding for the same took too long, raises that TooSlow at
    once, unless the file has changed since or ten minutes have gone by. name: of what is made."""
    key = _key(item, name)
    with _failures_lock:
        at, reason = _timed_out.get(key, (0.0, ""))
    if reason and time.monotonic() - at < _FOR_S:
        raise TooSlow(reason)
    try:
        yield
    except TooSlow as error:
        with _failures_lock:
            _timed_out[key] = (time.monotonic(), str(error))
            _timed_out.move_to_end(key)
            while len(_timed_out) > _MOST:
                _timed_out.popitem(last=False)
        raise


def _key(item: Item, name: str) -> Key:
    try:
        stat = os.stat(item.path)
    except OSError:
        return item.path, 0, 0, name
    return item.path, stat.st_size, stat.st_mtime_ns, name


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
