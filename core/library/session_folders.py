"""Where the files of visits lie: in one folder of this process, removed by the next one if this is killed."""

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
    """The folder of this process, made at the first call; then those of processes that were killed are removed.

    Its lock is held for as long as the process lives, however it ends: that is how others tell.
    """
    global _ours
    with _making:
        if _ours is None or not Path(_ours[0].name).is_dir():
            _sweep()
            _ours = _made()
        return Path(_ours[0].name)


def _made() -> tuple[tempfile.TemporaryDirectory[str], filelock.BaseFileLock]:
    """A new folder, with its lock held.

    Between the two another process that begins may take the folder for a left one and remove it: then comes the next.
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
    """The folder of the visit that a file belongs to; None for files of no visit, or of one of another process."""
    if _ours is None:
        return None
    inside = f"{_ours[0].name}{os.sep}"
    text = str(path)
    return Path(inside + text[len(inside) :].split(os.sep, 1)[0]) if text.startswith(inside) else None


def cache_dir_for(path: Path | str) -> Path:
    """Where what is made of a file or library is kept: with the visit that it belongs to, or else in the home."""
    return get_visit_folder(path) or get_home()


def make_visit_folder() -> tempfile.TemporaryDirectory[str]:
    """A new folder of a visit. It goes when the returned object is cleaned up or forgotten."""
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
