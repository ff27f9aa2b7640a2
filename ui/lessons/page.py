"""Lessons: what each one shows, as a picture and a sentence."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import streamlit as st

from ui.shell.navigation import PAGES, get_target, list_pages_under

_PICTURES = Path(__file__).parent / "pictures"
_COLUMNS = 4
_IMAGE = '<img alt="" src="data:image/svg+xml;base64,{}" style="width: 100%">'  # st.image gives no alternative text


def page() -> None:
    lessons = list_pages_under("lessons")
    with st.container(key="lessons"):
        for start in range(0, len(lessons), _COLUMNS):
            columns = st.columns(_COLUMNS, gap="small")
            for column, name in zip(columns, lessons[start : start + _COLUMNS], strict=False):
                with column.container(border=True, height="stretch"):
                    _card(name)


def _card(name: str) -> None:
    """A lesson of another package may have no picture."""
    info = PAGES[name]
    picture = _PICTURES / f"{name}.svg"
    if picture.is_file():
        st.html(_IMAGE.format(b64encode(picture.read_bytes()).decode()))
    st.page_link(get_target(name), label=f"**{info.title}**", icon=info.icon)
    st.caption(info.line)
