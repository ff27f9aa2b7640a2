"""What Home shows before there is a library: three ways to begin."""

from __future__ import annotations

import streamlit as st

from core.policy import get_policy
from ui.errors import boundary
from ui.widgets.page_start import sample_button


def welcome() -> None:
    """Three cards: the sample library, folders, uploads."""
    st.info("No library yet. Choose how to begin:", icon=":material/waving_hand:")
    sample, folders, uploads = st.columns(3, gap="medium")
    if get_policy().may_write_shared:
        with sample, st.container(border=True, height="stretch"):
            st.markdown("##### :material/auto_awesome: Try it")
            st.markdown("Photos and clips that come with Semblance. Half a minute, no network.")
            with boundary():
                sample_button(primary=True)
        with folders, st.container(border=True, height="stretch"):
            st.markdown("##### :material/folder_open: Your folders")
            st.markdown("Photos and videos on this computer. They stay where they are.")
            st.page_link("pages/library.py", label="Add a folder", icon=":material/arrow_forward:")
    with uploads, st.container(border=True, height="stretch"):
        st.markdown("##### :material/upload: Uploads")
        st.markdown("A handful of files, or a zip, from any device.")
        st.page_link("pages/library.py", label="Upload files", icon=":material/arrow_forward:")
