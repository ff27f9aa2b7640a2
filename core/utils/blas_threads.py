"""Limits BLAS and OpenMP to one thread for matrices that are not large.

On a busy machine the threads of one product wait for one another. A BLAS with threads of its own has one limit for the
whole process: the first caller sets it and the last one restores it. Without that count, overlapping limits would leave
it at one forever, because the second caller would restore the limit of the first. OpenMP, and a BLAS built on it, has a
limit for each thread. The libraries are looked up again only after modules were loaded, because a lookup takes 200
times as long as a limit.
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
_modules = 0  # number of modules loaded when the libraries were looked up
_shared: ThreadpoolController | None = None  # libraries with one limit for the whole process
_local: ThreadpoolController | None = None  # libraries with a limit for each thread
_inside = 0  # callers that limit the shared libraries now
_limited: ThreadpoolController | None = None  # the libraries that the latest caller found
_limits = ExitStack()


@contextmanager
def limit_to_one_thread() -> Iterator[None]:
    """Context manager, and decorator: BLAS and OpenMP use one thread. Code that sets its own number gets it."""
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
    """The libraries with one limit for the whole process, and those with a limit for each thread."""
    global _modules, _shared, _local
    with _lock:
        if _shared is None or _local is None or len(sys.modules) != _modules:
            from threadpoolctl import ThreadpoolController

            libraries = ThreadpoolController()
            shared: list[str] = []
            own: list[str] = []
            for entry in libraries.info():
                is_shared = entry["user_api"] == "blas" and entry["threading_layer"] != "openmp"
                (shared if is_shared else own).append(entry["filepath"])
            _shared, _local = libraries.select(filepath=shared), libraries.select(filepath=own)
            _modules = len(sys.modules)
        return _shared, _local


@contextmanager
def _from_any_thread() -> Iterator[None]:
    """threadpoolctl lets only the thread that first limited OpenBLAS change it; here the lock decides."""
    from threadpoolctl import OpenBLASController

    OpenBLASController.clear_controlling_thread(force=True)
    yield
    OpenBLASController.clear_controlling_thread(force=True)
