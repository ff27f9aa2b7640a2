"""Kinds and sizes of allowed uploads."""

from __future__ import annotations

import streamlit as st

from core.policy import MB, get_policy


def files_label() -> str:
    """The label of an uploader, with the limit per file if it is below that of a whole upload."""
    megabytes = get_policy().file_bytes // MB
    limit = f" of up to {megabytes:,} MB each" if megabytes < zip_limit() else ""
    return f"Photos and videos{limit}, or zip archives of them"


def zip_limit() -> int:
    """The limit of one upload, which may be a zip, in megabytes; the server's own limit applies too."""
    return int(min(get_policy().upload_bytes, st.get_option("server.maxUploadSize") * MB) // MB)
