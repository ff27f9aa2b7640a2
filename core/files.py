"""Paths as people write them, and files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def absolute(path: Path | str) -> Path:
    """A path as a person wrote it, made absolute: ~ is their home, links are kept. Never raises."""
    return Path(os.path.abspath(expanded(path)))


def expanded(path: Path | str) -> str:
    """A path with ~ written out, where that names anybody's home. Never raises."""
    try:
        return os.path.expanduser(path)
    except ValueError:  # a NUL in the name
        return str(path)


def write_whole(path: Path, data: bytes, *, durable: bool = False) -> None:
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
