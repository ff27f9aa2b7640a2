"""What a visit need not compute again while neither its key nor the library has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from core import Encoder
from core.classify import ClassName, class_vectors
from core.encoders.base import Vectors
from core.query import CONCEPT

T = TypeVar("T")
_CHUNK = 32  # classes embedded between two steps of the bar


def remembered(name: str, key: Any, index: object, compute: Callable[[], T]) -> T:
    """The last value of that name if it had the same key and the same index (a commit makes a new one); else a new one.

    index: a library's, or whatever else the value was computed from.

    One value a name and visit, not a shared cache: keys may hold uploaded pictures, which are nobody else's business.
    """
    kept = st.session_state.get(f"memory {name}")
    if kept is not None and kept[0] == key and kept[1] is index:
        return kept[2]
    value = compute()
    st.session_state[f"memory {name}"] = (key, index, value)
    return value


def embedded_classes(encoder: Encoder, classes: Sequence[ClassName], templates: Sequence[str] | None) -> Vectors:
    """(c, dim) as of `core.classify.class_vectors`, with a progress bar where many are new; words are kept by visit.

    Concepts are read each time: another may have their name since.
    """
    kept = st.session_state.setdefault("memory class vectors", {})

    def key(each: ClassName) -> tuple[Any, ...]:
        return encoder.id, templates and tuple(templates), each.name, each.descriptions

    fixed = [each for each in classes if not any(text.startswith(CONCEPT) for text in (each.name, *each.descriptions))]
    new = [each for each in fixed if key(each) not in kept]
    bar = st.progress(0.0, text="Reading the classes …") if len(new) > _CHUNK else None
    for first in range(0, len(new), _CHUNK):
        some = new[first : first + _CHUNK]
        kept |= zip(map(key, some), class_vectors(encoder, some, templates=templates), strict=True)
        if bar:
            done = first + len(some)
            bar.progress(done / len(new), text=f"Reading the classes: {done:,} of {len(new):,}")
    if bar:
        bar.empty()
    return np.stack(
        [
            kept[key(each)] if key(each) in kept else class_vectors(encoder, [each], templates=templates)[0]
            for each in classes
        ]
    )
