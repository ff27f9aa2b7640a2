"""The secret of the home, and digests keyed with it: others would confirm a path that somebody guesses."""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

from core.config import get_home
from core.utils.files import locked, write_atomic

_BYTES = 32


def hide(text: str, *, size: int = 12) -> str:
    """The same for the same text on every server of this home, and nothing that anybody else can compute.

    size: bytes, of which the text has two digits each.
    """
    return hashlib.blake2b(os.fsencode(text), digest_size=size, key=get_secret()).hexdigest()


def get_secret() -> bytes:
    """The secret of the home, made at the first use; 32 bytes."""
    return _secret(get_home())


@lru_cache(maxsize=8)
def _secret(home: Path) -> bytes:
    """Where there is none and the home cannot be written, one for this process."""
    path = home / ".secret"
    try:
        if (known := _read(path)) is not None:
            return known
        with locked(path):  # another process may be making it
            if _read(path) is None:
                write_atomic(path, secrets.token_bytes(_BYTES))
                path.chmod(0o600)
        return _read(path) or secrets.token_bytes(_BYTES)
    except OSError:
        return secrets.token_bytes(_BYTES)


def _read(path: Path) -> bytes | None:
    """None where there is no whole secret: a short one could be guessed."""
    try:
        known = path.read_bytes()[:64]
    except FileNotFoundError:
        return None
    return known if len(known) >= _BYTES else None
