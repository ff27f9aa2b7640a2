"""What a visit need not compute again while neither its key nor the library has changed."""

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
_CHUNK = 32  # classes embedded between two steps of the bar


@dataclass(slots=True)
class CacheState:
    """values: (key, index, value) by name. class_vectors: by encoder, templates and class."""

    values: dict[str, tuple[Any, object, Any]] = field(default_factory=dict)
    class_vectors: dict[tuple[Any, ...], Any] = field(default_factory=dict)


def get_cached(name: str, key: Any, index: object, compute: Callable[[], T]) -> T:
    """The last value of that name if it had the same key and the same index (a commit makes a new one); else a new one.

    index: a library's, or whatever else the value was computed from.

    One value a name and visit, not a shared cache: keys may hold uploaded pictures, which are nobody else's business.
    """
    values = get_state(CacheState).values
    cached = values.get(name)
    if cached is not None and cached[0] == key and cached[1] is index:
        return cached[2]
    value = compute()
    values[name] = (key, index, value)
    return value


def embedded_classes(encoder: Encoder, classes: Sequence[ClassName], templates: Sequence[str] | None) -> Vectors:
    """(c, dim) as of `core.classify.zero_shot.embed_classes`, with a progress bar where many are new; words are kept by
    visit.

    Concepts are read each time: another may have their name since.
    """
    cached = get_state(CacheState).class_vectors

    def key(value: ClassName) -> tuple[Any, ...]:
        return encoder.id, templates and tuple(templates), value.name, value.descriptions

    fixed = [
        entry for entry in classes if not any(text.startswith(CONCEPT) for text in (entry.name, *entry.descriptions))
    ]
    new = [entry for entry in fixed if key(entry) not in cached]
    bar = st.progress(0.0, text="Reading the classes …") if len(new) > _CHUNK else None
    for first in range(0, len(new), _CHUNK):
        sample = new[first : first + _CHUNK]
        cached |= zip(map(key, sample), embed_classes(encoder, sample, templates=templates), strict=True)
        if bar:
            done = first + len(sample)
            bar.progress(done / len(new), text=f"Reading the classes: {done:,} of {len(new):,}")
    if bar:
        bar.empty()
    return np.stack(
        [
            cached[key(entry)] if key(entry) in cached else embed_classes(encoder, [entry], templates=templates)[0]
            for entry in classes
        ]
    )
