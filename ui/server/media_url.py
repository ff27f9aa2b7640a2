"""What the browser fetches by itself, beside what Streamlit sends it."""

from __future__ import annotations

import streamlit as st
from streamlit import runtime


def get_media_url(media: str | bytes, kind: str, key: str) -> str:
    """Where the browser fetches a file (a path) or bytes from, by ranges if it likes; empty where no server runs.

    kind: its MIME type. key: of the element that it is for.
    """
    if not runtime.exists():
        return ""
    prefix = (st.get_option("server.baseUrlPath") or "").strip("/")
    found = runtime.get_instance().media_file_mgr.add(media, kind, f"semblance {key}")
    return f"/{prefix}{found}" if prefix else found
