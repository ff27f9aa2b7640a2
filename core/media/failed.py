"""Files that took long to fail: for a while what was learned of them is said at once, and nobody waits for it again."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import MediaError
from core.library.schema import Item

_LONG_S = 2.0  # what fails sooner is tried again each time
_FOR_S = 600.0  # it may have been the machine and not the file
_MOST = 1_000

Key = tuple[str, int, int, str]
_known: OrderedDict[Key, tuple[float, str]] = OrderedDict()
_lock = threading.Lock()


@contextmanager
def told_at_once(item: Item, name: str) -> Iterator[None]:
    """Around making something of an item's file: where the same took long to fail, raises its MediaError at once,
    unless the file has changed since or ten minutes have gone by. name: of what is made."""
    key = _key(item, name)
    now = time.monotonic()
    with _lock:
        at, reason = _known.get(key, (-_FOR_S, ""))
    if now - at < _FOR_S:
        raise MediaError(reason)
    try:
        yield
    except MediaError as error:
        ended = time.monotonic()
        if ended - now > _LONG_S:
            with _lock:
                _known[key] = (ended, str(error))
                _known.move_to_end(key)
                while len(_known) > _MOST:
                    _known.popitem(last=False)
        raise


def _key(item: Item, name: str) -> Key:
    try:
        stat = os.stat(item.path)
    except OSError:
        return item.path, 0, 0, name
    return item.path, stat.st_size, stat.st_mtime_ns, name
