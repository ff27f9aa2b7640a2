"""What glibc's heap keeps back: each thread has an arena of its own, and each keeps the room of what was once in it.

Every run of a page is a thread: with 20 visitors that is 200 MB which nothing uses. Elsewhere these do nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

_M_ARENA_MAX = -8  # of malloc.h
_ARENAS = 2


def share_arenas() -> None:
    """All threads share two arenas, from now on; `MALLOC_ARENA_MAX` in the environment says otherwise."""
    if "MALLOC_ARENA_MAX" not in os.environ:
        with contextlib.suppress(OSError, AttributeError):
            _libc().mallopt(_M_ARENA_MAX, _ARENAS)


def trim() -> None:
    """Gives the system back what nothing uses; takes some milliseconds."""
    with contextlib.suppress(OSError, AttributeError):
        _libc().malloc_trim(0)


def _libc() -> ctypes.CDLL:
    """Raises OSError or AttributeError where there is another heap than glibc's."""
    if not sys.platform.startswith("linux"):
        raise OSError
    libc = ctypes.CDLL(None)
    libc.gnu_get_libc_version  # noqa: B018  a lookup, which fails with other C libraries
    return libc
