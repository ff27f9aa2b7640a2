"""Cache of the embedded pictures and clips of queries."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.errors import MediaError
from core.library.track import Track, embed_parts
from core.media.isolated import open_isolated
from core.media.modalities import PICTURE, VIDEO, find_modalities
from core.media.sampling import Sampling
from core.progress import SILENT, Task
from core.utils.files import to_absolute

_MOST, _MOST_PICTURES = 8, 64
_FPS = 2.0  # denser than libraries mostly are: a clip may begin anywhere between their samples
MAX_CLIP_S = 3600.0  # of a clip's own time; a film takes minutes to embed

_cache: OrderedDict[tuple[str, object], Track] = OrderedDict()  # by encoder and content, without the clips
_vectors: OrderedDict[tuple[str, object], NDArray[np.float32]] = OrderedDict()
_lock = threading.Lock()


def get_clip_track(encoder: Encoder, clip: Path | bytes, *, max_s: float = MAX_CLIP_S, task: Task = SILENT) -> Track:
    """The track of a clip in no library, at two frames per second; read-only, the last 8 are cached.

    max_s: see `embed_video`. A path may be of another kind than a video (`core.media.modalities`). A cancelled task
    ends it with Cancelled. Raises MediaError.
    """
    key = encoder.id, _cache_key(clip)
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    kinds = [] if isinstance(clip, bytes) else find_modalities(clip)
    modality = kinds[-1] if kinds and kinds[-1] is not PICTURE else VIDEO
    try:
        track = embed_parts(encoder, clip, modality, Sampling(_FPS), max_s=min(max_s, MAX_CLIP_S), task=task)
    except MediaError:
        task.check("Stopped before the clip was embedded.")
        raise
    task.check("Stopped before the clip was embedded.")
    for array in (track.start_s, track.end_s, track.vectors):
        array.setflags(write=False)
    with _lock:
        _cache[key] = track
        while len(_cache) > _MOST:
            _cache.popitem(last=False)
    return track


def get_picture_vector(encoder: Encoder, picture: Path | bytes) -> NDArray[np.float32]:
    """The vector of a picture in no library; read-only, the last 64 are cached. Raises MediaError."""
    key = encoder.id, _cache_key(picture)
    with _lock:
        if key in _vectors:
            _vectors.move_to_end(key)
            return _vectors[key]
    vector = encoder.encode_images([open_isolated(picture, min_side=encoder.min_side)])[0]
    vector.setflags(write=False)
    with _lock:
        _vectors[key] = vector
        while len(_vectors) > _MOST_PICTURES:
            _vectors.popitem(last=False)
    return vector


def is_embedded(encoder: Encoder, upload: bytes) -> bool:
    """Whether a picture or clip is cached, so that a query with it needs no decoding."""
    key = encoder.id, _cache_key(upload)
    with _lock:
        return key in _cache or key in _vectors


def _cache_key(clip: Path | bytes) -> object:
    """The content of bytes; of a file, its place, size and time of change."""
    if isinstance(clip, bytes):
        return hashlib.blake2b(clip, digest_size=16).digest()
    with contextlib.suppress(OSError, ValueError):  # embedding reports what is wrong
        stat = os.stat(to_absolute(clip))
        return str(to_absolute(clip)), stat.st_size, stat.st_mtime_ns
    return None
