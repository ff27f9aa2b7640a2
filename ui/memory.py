"""What a visit need not compute again while neither its key nor the library has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from core.library.index import VectorIndex

T = TypeVar("T")


def remembered(name: str, key: Any, index: VectorIndex, compute: Callable[[], T]) -> T:
    """The last value of that name if it had the same key and the same index (a commit makes a new one); else a new one.

    One value a name and visit, not a shared cache: keys may hold uploaded pictures, which are nobody else's business.
    """
    kept = st.session_state.get(f"memory {name}")
    if kept is not None and kept[0] == key and kept[1] is index:
        return kept[2]
    value = compute()
    st.session_state[f"memory {name}"] = (key, index, value)
    return value
