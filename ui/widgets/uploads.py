"""What may be uploaded, and how much."""

from __future__ import annotations

import streamlit as st

from core.policy import MB, get_policy


def files_label() -> str:
    """What may be uploaded; with the limit of a file in a zip or beside it, where it is not that of the whole."""
    entry = get_policy().file_bytes // MB
    limit = f" of up to {entry:,} MB each" if entry < zip_limit() else ""
    return f"Photos and videos{limit}, or zip archives of them"


def zip_limit() -> int:
    """Megabytes that one upload may have, which may be a zip; the server's own limit holds as well."""
    return int(min(get_policy().upload_bytes, st.get_option("server.maxUploadSize") * MB) // MB)
