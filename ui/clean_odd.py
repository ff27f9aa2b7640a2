"""Pictures that do not belong, and files that cannot be read."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Encoder, Library
from core.cleaning import unreadable
from ui.clean_choice import choose_row
from ui.clean_pages import in_pages, size_facts
from ui.gallery import Card
from ui.page import counted, size_text

_PER_PAGE = 48


def unreadable_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """The files that could not be read when they were last looked at, each with its reason."""
    found = unreadable(library)
    if not found:
        st.success("Every file could be read when it was last looked at.", icon=":material/check_circle:")
        return
    size = size_text(sum(each.item.bytes for each in found))
    st.markdown(f"#### {counted(len(found), 'file')} could not be read, or only in part")
    st.caption(f"{size} in all. Each says why; a copy from where the file came from may be whole.")
    choose_row(library, found, f"Choose all {len(found):,}", key="unreadable")
    in_pages(
        library,
        found,
        lambda _, each: [
            (each, Card(each.item, facts=size_facts(each), about=each.why if each.item.status == "ok" else ""))
        ],
        key="unreadable",
        per_page=_PER_PAGE,
        pages=pages,
    )
