"""Files on which decoding hangs: for a while that is said at once, and nobody waits for it again."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import TooSlow
from core.library.schema import Item

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
