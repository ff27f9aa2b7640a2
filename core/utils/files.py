"""Paths as people write them, locks, and atomic writes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WAIT_S = 10.0


def to_absolute(path: Path | str) -> Path:
    """A path as a person writes it, made absolute: ~ is the home folder, links stay. Never raises."""
    return Path(os.path.abspath(expand_user(path)))


def expand_user(path: Path | str) -> str:
    """A path with ~ expanded, if that names a home folder. Never raises."""
    try:
        return os.path.expanduser(path)
    except ValueError:  # a NUL in the name
        return str(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Context manager: locks a file that is read, changed and written again, for threads and processes.

    Raises OSError if its folder cannot be written, or another holder keeps it for ten seconds.
    """
    import filelock  # most importers of this module lock nothing

    path.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT_S):
        yield


def write_atomic(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Writes a file through a temporary one beside it: a reader sees the old content or the new, never half.

    Parameters
    ----------
    path : Path
        Its folder is made if needed.
    data : bytes
        The whole content.
    durable : bool
        Whether the data is on the disk before the file gets its name, so that a power cut leaves one or the other too.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with temporary.open("xb") as file:  # `tempfile` would make files that nobody else may read
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
