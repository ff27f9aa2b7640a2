"""The button that copies the page's link, which holds its state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "semblance_copy_link",
    html="<button type='button'></button><span role='status'></span>",
    css=(_FOLDER / "copy_link.css").read_text(),
    js=(_FOLDER / "copy_link.js").read_text(),
)
_SHARED = (
    "Copy the link of this page: on this server it shows others the same. Your uploads, likes, selections and models "
    "are not in it; links with likes or selections are next to these."
)
_WITH = "Copy the link of this page including these items: on this server it shows others the same."
_VISIT = "This library is for this visit only: the link works in this tab only."


def copy_link(*, of_visit: bool) -> None:
    """A button that copies the page's address. of_visit: whether only this visit sees the library."""
    data = {"label": "Copy link", "title": _VISIT if of_visit else _SHARED, "adds": {}, "off": False, "wide": False}
    _COMPONENT(key="copy link", data=data, width="content")


def copy_link_with(adds: Mapping[str, str], *, key: str, label: str, off: bool = False, wide: bool = True) -> None:
    """A button that copies the page's address with these parameters added; empty ones are removed. The address bar
    does not change. off: whether there is nothing to copy. wide: whether it fills its container."""
    data = {"label": label, "title": _WITH, "adds": dict(adds), "off": off, "wide": wide}
    _COMPONENT(key=key, data=data, width="stretch" if wide else "content")
