"""Work on matrices that are not large by one thread: on a busy machine the threads of one product wait for one another.

A BLAS with threads of its own has one number of them for the whole process, so whoever comes first sets it to one and
whoever leaves last gives it back. By themselves limits that overlap leave it at one for ever: the second finds the
first one's limit, and gives that back. OpenMP, and a BLAS built on it, has a number for each thread that asks, which is
set and given back alone. The libraries are looked up again where modules were loaded since, as that takes 200 times as
long as a limit does.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_modules = 0  # so many were loaded when the libraries were looked up
_shared: ThreadpoolController | None = None  # those with one number for the whole process
_local: ThreadpoolController | None = None  # those with a number for each thread
_inside = 0  # so many hold the shared ones to one thread
_limited: ThreadpoolController | None = None  # what the newest of them found
_limits = ExitStack()


@contextmanager
def limit_to_one_thread() -> Iterator[None]:
    """BLAS and OpenMP take one thread within it; what asks for more by itself gets it. A decorator too:
    `@limit_to_one_thread()`."""
    shared, own = _get_loaded()
    with _shared_limit(shared), own.limit(limits=1):
        yield


@contextmanager
def _shared_limit(libraries: ThreadpoolController) -> Iterator[None]:
    global _inside, _limited
    with _lock:
        _inside += 1
        if libraries is not _limited:
            with _from_any_thread():
                _limits.callback(libraries.limit(limits=1).restore_original_limits)
            _limited = libraries
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                with _from_any_thread():
                    _limits.close()
                _limited = None


def _get_loaded() -> tuple[ThreadpoolController, ThreadpoolController]:
    """The libraries that have one number for the whole process, and those that have one for each thread."""
    global _modules, _shared, _local
    with _lock:
        if _shared is None or _local is None or len(sys.modules) != _modules:
            from threadpoolctl import ThreadpoolController

            all_of_them = ThreadpoolController()
            shared: list[str] = []
            own: list[str] = []
            for entry in all_of_them.info():
                is_shared = entry["user_api"] == "blas" and entry["threading_layer"] != "openmp"
                (shared if is_shared else own).append(entry["filepath"])
            _shared, _local = all_of_them.select(filepath=shared), all_of_them.select(filepath=own)
            _modules = len(sys.modules)
        return _shared, _local


@contextmanager
def _from_any_thread() -> Iterator[None]:
    """threadpoolctl lets none but the thread that limited OpenBLAS first change it; here the lock says who may."""
    from threadpoolctl import OpenBLASController

    OpenBLASController.clear_controlling_thread(force=True)
    yield
    OpenBLASController.clear_controlling_thread(force=True)
