"""Folders for the files of visits, all inside one folder of this process. If the process is killed, the next one
removes it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from pathlib import Path

import filelock

from core.config import get_home
from core.errors import LibraryError

_PREFIX = "semblance-visits-"
_LOCK_NAME = ".alive"
_TRIES = 20
_making = threading.Lock()
_ours: tuple[tempfile.TemporaryDirectory[str], filelock.BaseFileLock] | None = None


def get_visits_folder() -> Path:
    """The folder of this process, created at the first call, which also removes folders of killed processes.

    The process holds the folder's lock as long as it lives, so other processes know that it is in use.
    """
    global _ours
    with _making:
        if _ours is None or not Path(_ours[0].name).is_dir():
            _sweep()
            _ours = _made()
        return Path(_ours[0].name)


def get_current_visits_folder() -> Path | None:
    """The folder of this process if there is one; makes none."""
    return Path(_ours[0].name) if _ours is not None else None


def _made() -> tuple[tempfile.TemporaryDirectory[str], filelock.BaseFileLock]:
    """A new folder with its lock held.

    Before the lock is held, another process that starts may remove the folder as abandoned; then this tries again.
    """
    for _ in range(_TRIES):
        made = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)  # for this user alone
        lock = filelock.FileLock(Path(made.name) / _LOCK_NAME)
        with contextlib.suppress(FileNotFoundError, filelock.Timeout):
            before = os.stat(made.name).st_ino
            lock.acquire(timeout=0)
            if os.stat(made.name).st_ino == before:
                return made, lock
            lock.release()
    raise LibraryError("No folder could be made for the files of visits: other processes removed each. Try again.")


def get_visit_folder(path: Path | str) -> Path | None:
    """The folder of the visit that a file belongs to; None for other files, and for visits of other processes."""
    if _ours is None:
        return None
    inside = f"{_ours[0].name}{os.sep}"
    text = str(path)
    return Path(inside + text[len(inside) :].split(os.sep, 1)[0]) if text.startswith(inside) else None


def cache_dir_for(path: Path | str) -> Path:
    """The cache folder for a file or library: that of its visit, or else the home folder."""
    return get_visit_folder(path) or get_home()


def make_visit_folder() -> tempfile.TemporaryDirectory[str]:
    """A new folder for a visit, deleted when the returned object is cleaned up or garbage-collected."""
    return tempfile.TemporaryDirectory(dir=get_visits_folder(), ignore_cleanup_errors=True)


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, filelock.Timeout):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            lock = filelock.FileLock(folder / _LOCK_NAME)
            lock.acquire(timeout=0)
            try:
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                lock.release()
