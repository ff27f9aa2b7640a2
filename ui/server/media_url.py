"""URLs of media files that the browser fetches by itself."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import streamlit as st

from core.policy import get_policy
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


def get_image_urls(images: Iterable[bytes | None], key: str) -> list[str | None]:
    """Addresses of WebP images, valid until the next run of the page; data URIs in public mode or without a server.

    key: of the element that shows them. None stays None.
    """
    return [None if data is None else _image_url(data, f"{key} {number}") for number, data in enumerate(images)]


def get_data_uri(data: bytes) -> str:
    """A WebP image as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(data).decode()


def _image_url(data: bytes, key: str) -> str:
    address = "" if get_policy().public else get_media_url(data, "image/webp", key)
    return address or get_data_uri(data)
