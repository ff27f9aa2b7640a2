"""Per-visit cache of values that depend on a key and on a state of the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from core import Encoder
from core.classify.zero_shot import ClassName, embed_classes
from core.encoders.base import Vectors
from core.search.query import CONCEPT
from ui.session.state import get_state

T = TypeVar("T")
_CHUNK = 32  # classes embedded per step of the progress bar


@dataclass(slots=True)
class CacheState:
    """values: (key, index, value) by name. class_vectors: by encoder, templates and class."""

    values: dict[str, tuple[Any, object, Any]] = field(default_factory=dict)
    class_vectors: dict[tuple[Any, ...], Any] = field(default_factory=dict)


def get_cached(name: str, key: Any, index: object, compute: Callable[[], T]) -> T:
    """The cached value of this name if key and index are unchanged, else a new one.

    index: a library's index, or another object that the value was computed from; a commit makes a new index. There is
    one value per name and visit and no shared cache, because keys may hold uploaded pictures.
    """
    values = get_state(CacheState).values
    cached = values.get(name)
    if cached is not None and cached[0] == key and cached[1] is index:
        return cached[2]
    value = compute()
    values[name] = (key, index, value)
    return value


def embedded_classes(encoder: Encoder, classes: Sequence[ClassName], templates: Sequence[str] | None) -> Vectors:
    """Class vectors (c, dim), see `core.classify.zero_shot.embed_classes`, with a progress bar if many are new.

    Word vectors are cached for the visit. Concepts are read each time, as another one may have the same name by now.
    """
    cached = get_state(CacheState).class_vectors

    def key(name: ClassName) -> tuple[Any, ...]:
        return encoder.id, templates and tuple(templates), name.name, name.descriptions

    words = [name for name in classes if not any(text.startswith(CONCEPT) for text in (name.name, *name.descriptions))]
    new = [name for name in words if key(name) not in cached]
    bar = st.progress(0.0, text="Embedding the classes …") if len(new) > _CHUNK else None
    for first in range(0, len(new), _CHUNK):
        batch = new[first : first + _CHUNK]
        cached |= zip(map(key, batch), embed_classes(encoder, batch, templates=templates), strict=True)
        if bar:
            done = first + len(batch)
            bar.progress(done / len(new), text=f"Embedding the classes: {done:,} of {len(new):,}")
    if bar:
        bar.empty()
    return np.stack(
        [
            cached[key(name)] if key(name) in cached else embed_classes(encoder, [name], templates=templates)[0]
            for name in classes
        ]
    )
