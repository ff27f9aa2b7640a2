"""The button that copies the page's link, in which its state stands."""

from __future__ import annotations

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
    "Copy the link of this page: on this server it shows others the same. What you upload, like or train stays with "
    "you."
)
_VISIT = "This library is of your visit alone: the link opens for you in this tab only."


def copy_link(*, of_visit: bool) -> None:
    """A button that puts the page's address on the clipboard. of_visit: the library is one that nobody else sees."""
    _COMPONENT(key="copy link", data={"title": _VISIT if of_visit else _SHARED}, width="content")
