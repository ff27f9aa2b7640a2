"""Garbage is collected beside the pages, every few seconds: after every run, as Streamlit would by itself, it holds all
visits up for the time that it takes to look at all that was ever imported.

What is imported stays as long as the server does. It is set aside (`gc.freeze`), so that a collection looks at what
visits made alone, and takes milliseconds. `postScriptGC` in .streamlit/config.toml switches the other off.
"""

from __future__ import annotations

import gc
import sys
import threading
import time

import streamlit as st
from streamlit import runtime

from core.heap import share_arenas, trim

_EVERY_S = 5.0
_ANEW_S = 60.0  # what visits had when things were set aside stays until then, though they have ended: ten MB each
_MODULES = 100  # so many new ones are worth setting aside


@st.cache_resource(show_spinner=False)
def collect_garbage() -> None:
    """Begins, once for a server."""
    if runtime.exists():
        share_arenas()
        threading.Thread(target=_collect, name="garbage", daemon=True).start()


def _collect() -> None:
    known, since = 0, 0.0
    while runtime.exists():
        if len(sys.modules) > known + _MODULES or time.monotonic() > since + _ANEW_S:
            known, since = len(sys.modules), time.monotonic()
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            trim()
        else:
            gc.collect()
        time.sleep(_EVERY_S)
