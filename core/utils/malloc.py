"""Limits glibc malloc arenas and returns free memory to the system. With other C libraries these do nothing.

Each thread has an arena of its own, which keeps freed memory. Every run of a page is a thread: 20 visitors leave 200 MB
unused.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

_M_ARENA_MAX = -8  # of malloc.h
_ARENAS = 2


def share_arenas() -> None:
    """From now on all threads share two arenas, unless `MALLOC_ARENA_MAX` in the environment sets a number."""
    if "MALLOC_ARENA_MAX" not in os.environ:
        with contextlib.suppress(OSError, AttributeError):
            _libc().mallopt(_M_ARENA_MAX, _ARENAS)


def trim() -> None:
    """Returns free memory to the system; takes some milliseconds."""
    with contextlib.suppress(OSError, AttributeError):
        _libc().malloc_trim(0)


def _libc() -> ctypes.CDLL:
    """Raises OSError or AttributeError if the C library is not glibc."""
    if not sys.platform.startswith("linux"):
        raise OSError
    libc = ctypes.CDLL(None)
    libc.gnu_get_libc_version  # noqa: B018  a lookup, which fails with other C libraries
    return libc
