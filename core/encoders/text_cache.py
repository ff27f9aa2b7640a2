"""Caches the vectors of long lists of texts, in memory and in the home folder, by encoder."""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.config import get_home
from core.encoders.base import Encoder, Vectors
from core.encoders.reduced import ReducedEncoder
from core.errors import Cancelled
from core.progress import OnProgress, Progress
from core.utils.files import write_atomic

_CHUNK = 128
_POLL_S = 0.2
_STOPPED = "Stopped before the words were embedded."
_lock = threading.Lock()  # guards the two dictionaries; free while texts are embedded
_locks: dict[str, threading.Lock] = {}  # one per list and encoder
_cache: dict[str, Vectors] = {}


def get_text_vectors(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    name: str,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Vectors:
    """Vectors of texts without a template: float32 (texts, dim), read-only. name: prefix of the cache file.

    Raises Cancelled.
    """
    if isinstance(encoder, ReducedEncoder):  # a linear map of cached vectors
        cached = get_text_vectors(encoder.base, texts, name=name, on_progress=on_progress, cancel=cancel)
        return encoder.reduction.apply(cached)
    digest = hashlib.blake2b("\n".join([encoder.id, *texts]).encode(), digest_size=12).hexdigest()
    with _lock:
        if digest in _cache:
            return _cache[digest]
        own = _locks.setdefault(digest, threading.Lock())
    while not own.acquire(timeout=_POLL_S):  # another thread embeds the same list
        if cancel is not None and cancel.is_set():
            raise Cancelled(_STOPPED)
    try:
        if digest not in _cache:
            vectors = _load(get_home() / "models" / f"{name}-{digest}.npy", encoder, texts, on_progress, cancel)
            vectors.setflags(write=False)
            _cache[digest] = vectors
        return _cache[digest]
    finally:
        own.release()


def _load(
    path: Path,
    encoder: Encoder,
    texts: Sequence[str],
    on_progress: OnProgress | None,
    cancel: threading.Event | None,
) -> Vectors:
    try:
        vectors = np.load(path, allow_pickle=False).astype(np.float32)
        if vectors.shape == (len(texts), encoder.dim):
            return vectors
    except (OSError, ValueError, EOFError):
        pass  # missing or damaged: embed again
    vectors = _embed(encoder, texts, on_progress, cancel)
    buffer = io.BytesIO()
    np.save(buffer, vectors.astype(np.float16))
    with contextlib.suppress(OSError):  # a read-only home has no cache
        write_atomic(path, buffer.getvalue())
    return vectors


def _embed(
    encoder: Encoder, texts: Sequence[str], on_progress: OnProgress | None, cancel: threading.Event | None
) -> Vectors:
    chunks: list[Vectors] = []
    started = time.monotonic()
    for start in range(0, len(texts), _CHUNK):
        if cancel is not None and cancel.is_set():
            raise Cancelled(_STOPPED)
        chunks.append(encoder.encode_texts(texts[start : start + _CHUNK]))
        if on_progress is not None:
            done = min(start + _CHUNK, len(texts))
            on_progress(Progress("prepare", done, len(texts), time.monotonic() - started, "texts"))
    return np.concatenate(chunks)
