"""URLs of media files that the browser fetches by itself."""

from __future__ import annotations

import streamlit as st

from ui.server.streamlit_internals import add_media_file, server_runs


def get_media_url(media: str | bytes, kind: str, key: str) -> str:
    """The URL of a file (a path) or of bytes, which supports range requests; empty where no server runs.

    kind: MIME type. key: of the element that shows the file.
    """
    if not server_runs():
        return ""
    prefix = (st.get_option("server.baseUrlPath") or "").strip("/")
    path = add_media_file(media, kind, f"semblance {key}")
    return f"/{prefix}{path}" if prefix else path
