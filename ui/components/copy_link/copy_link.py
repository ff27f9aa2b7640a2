"""The button that copies the page's link, in which its state stands."""

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
    "Copy the link of this page: on this server it shows others the same. What you upload, like, tick or train stays "
    "with you; a link with likes or ticks is where those are taken away."
)
_WITH = "Copy the link of this page with these in it: on this server it shows others the same."
_VISIT = "This library is of your visit alone: the link opens for you in this tab only."


def copy_link(*, of_visit: bool) -> None:
    """A button that puts the page's address on the clipboard. of_visit: the library is one that nobody else sees."""
    data = {"label": "Copy link", "title": _VISIT if of_visit else _SHARED, "adds": {}, "off": False, "wide": False}
    _COMPONENT(key="copy link", data=data, width="content")


def copy_link_with(adds: Mapping[str, str], *, key: str, label: str, off: bool = False, wide: bool = True) -> None:
    """A button that copies the page's address with these parameters in it, while the address itself stays as it is:
    an empty one is left out. off: whether there is nothing to copy. wide: as its surroundings."""
    data = {"label": label, "title": _WITH, "adds": dict(adds), "off": off, "wide": wide}
    _COMPONENT(key=key, data=data, width="stretch" if wide else "content")
