"""Previews of items in the home or in the folder of a visit, and a negative cache of what was too slow."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from core.errors import TooSlow
from core.library.public.session_folders import cache_dir_for
from core.library.schema import Item
from core.utils.cache_folder import CacheFolder

MAX_BYTES = 2_000_000_000  # of a folder
_SWEEP_EVERY = 64
_FAILS_FOR_S = 600.0  # it may have been the machine and not the file
_MAX_FAILURES = 1_000

Folder = Literal["thumbnails", "previews"]
Key = tuple[str, int, int, str]
_failures: OrderedDict[Key, tuple[float, str]] = OrderedDict()  # when, and the reason
_lock = threading.Lock()


def load_cached(folder: Folder, item: Item, name: str) -> bytes | None:
    """What was stored for an item under a name; None if nothing is there."""
    return _folder(folder, item).load(_name(item, name)) if item.content_hash else None


def store_cached(folder: Folder, item: Item, name: str, data: bytes) -> None:
    """Stores what was made of an item, if the file is still the one whose content hash the item has."""
    if item.content_hash and is_as_indexed(item):
        _folder(folder, item).store(_name(item, name), data)


@contextmanager
def fail_fast(item: Item, name: str) -> Iterator[None]:
    """Negative cache: if making the same of a file was too slow, raises that TooSlow at once for ten minutes, unless
    the file has changed. name: of what is made."""
    key = _key(item, name)
    with _lock:
        at, reason = _failures.get(key, (0.0, ""))
    if reason and time.monotonic() - at < _FAILS_FOR_S:
        raise TooSlow(reason)
    try:
        yield
    except TooSlow as error:
        with _lock:
            _failures[key] = (time.monotonic(), str(error))
            _failures.move_to_end(key)
            while len(_failures) > _MAX_FAILURES:
                _failures.popitem(last=False)
        raise


def is_as_indexed(item: Item) -> bool:
    """Whether the file is still the one that was hashed: only then may its hash name what is made of it."""
    return _key(item, "")[1:3] == (item.bytes, item.mtime_ns)


def _folder(folder: Folder, item: Item) -> CacheFolder:
    return CacheFolder(cache_dir_for(item.path) / folder, max_bytes=MAX_BYTES, sweep_every=_SWEEP_EVERY)


def _name(item: Item, name: str) -> str:
    return f"v1/{item.content_hash[:2]}/{item.content_hash}-{name}" if item.content_hash else name


def _key(item: Item, name: str) -> Key:
    try:
        stat = os.stat(item.path)
    except OSError:
        return item.path, 0, 0, name
    return item.path, stat.st_size, stat.st_mtime_ns, name
