"""Paths as people write them, and files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WAIT_S = 10.0


def to_absolute(path: Path | str) -> Path:
    """A path as a person wrote it, made absolute: ~ is their home, links are kept. Never raises."""
    return Path(os.path.abspath(expand_user(path)))


def expand_user(path: Path | str) -> str:
    """A path with ~ written out, where that names anybody's home. Never raises."""
    try:
        return os.path.expanduser(path)
    except ValueError:  # a NUL in the name
        return str(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a file for who reads it, changes it and writes it again, against other threads and processes.

    Raises OSError where its folder cannot be written, or somebody else holds it for ten seconds.
    """
    import filelock  # most who import this module lock nothing

    path.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=_WAIT_S):
        yield


def write_atomic(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Writes a file through a temporary one beside it, so that a reader sees the old content or the new, never half.

    durable: on the disk before it gets its name, so that this holds after a power cut as well.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with temporary.open("xb") as file:  # not of `tempfile`, whose files nobody else may read
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
