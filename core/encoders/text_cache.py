"""Caches the vectors of long lists of texts, in memory and in the home folder, by encoder."""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.config import get_home
from core.encoders.base import Encoder, Vectors
from core.encoders.derived import DerivedEncoder
from core.progress import SILENT, Task
from core.utils.files import write_atomic

_CHUNK = 128
_POLL_S = 0.2
_STOPPED = "Stopped before the words were embedded."
_lock = threading.Lock()  # guards the two dictionaries; free while texts are embedded
_locks: dict[str, threading.Lock] = {}  # one per list and encoder
_cache: dict[str, Vectors] = {}


def get_text_vectors(encoder: Encoder, texts: Sequence[str], *, name: str, task: Task = SILENT) -> Vectors:
    """Vectors of texts without a template: float32 (texts, dim), read-only. name: prefix of the cache file.

    Raises Cancelled.
    """
    if isinstance(encoder, DerivedEncoder):  # a cheap map of cached vectors
        return encoder.map_texts(get_text_vectors(encoder.base, texts, name=name, task=task))
    digest = hashlib.blake2b("\n".join([encoder.id, *texts]).encode(), digest_size=12).hexdigest()
    with _lock:
        if digest in _cache:
            return _cache[digest]
        own = _locks.setdefault(digest, threading.Lock())
    while not own.acquire(timeout=_POLL_S):  # another thread embeds the same list
        task.check(_STOPPED)
    try:
        if digest not in _cache:
            vectors = _load(get_home() / "models" / f"{name}-{digest}.npy", encoder, texts, task)
            vectors.setflags(write=False)
            _cache[digest] = vectors
        return _cache[digest]
    finally:
        own.release()


def _load(path: Path, encoder: Encoder, texts: Sequence[str], task: Task) -> Vectors:
    try:
        vectors = np.load(path, allow_pickle=False).astype(np.float32)
        if vectors.shape == (len(texts), encoder.dim):
            return vectors
    except (OSError, ValueError, EOFError):
        pass  # missing or damaged: embed again
    stored = _embed(encoder, texts, task).astype(np.float16)
    buffer = io.BytesIO()
    np.save(buffer, stored)
    with contextlib.suppress(OSError):  # a read-only home has no cache
        write_atomic(path, buffer.getvalue())
    return stored.astype(np.float32)  # as a later process reads them, so that all give the same figures


def _embed(encoder: Encoder, texts: Sequence[str], task: Task) -> Vectors:
    batches = task.track_batches(texts, _CHUNK, "prepare", "texts", stopped=_STOPPED)
    return np.concatenate([encoder.encode_texts(batch) for batch in batches])
