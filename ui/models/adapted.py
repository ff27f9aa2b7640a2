"""Adapting the encoder to captions, and the adapted encoders: files out and in, and undoing."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import Encoder, Library
from core.encoders import DEFAULT_ENCODER, get_base_name
from core.encoders.adapted import (
    adapter_bytes,
    adapter_names,
    import_adapter,
    load_adapter,
    remove_adapter,
)
from core.errors import EncoderError
from core.policy import get_policy
from core.utils.array_files import SUFFIX
from ui.errors import boundary
from ui.jobs.jobs import is_busy
from ui.session.current import Choice, use_encoder
from ui.session.encoders import encoder_title
from ui.session.libraries import may_change
from ui.session.state import get_state
from ui.text import file_limit, plain
from ui.widgets.adapt_panel import adapt_section, explain_adapting
from ui.widgets.reference_data import captions_section


@dataclass(slots=True)
class UploadState:
    """turn: grows with each file that was taken, which empties the uploader."""

    turn: int = 0


def adapted_section(library: Library, encoder: Encoder) -> None:
    """The whole section. Raises DataError."""
    st.subheader("Adapt the encoder to your captions", anchor=False)
    st.caption(
        "Learns small corrections of the vectors of pictures and of texts from captions of this library. No picture is "
        "read again, and the result is an encoder of its own. To adapt to labels, open the page Classify."
    )
    why = explain_adapting(encoder)
    if why is not None or not may_change(library):
        st.info(why or "Only the operator of this server can adapt encoders.", icon=":material/tune:")
    else:
        captions = captions_section(library, encoder, place="adapt ")
        if captions:
            adapt_section(library, encoder, name=library.name, captions=captions, key="captions")
    if get_policy().may_write_shared:
        _stored(library)
        _upload()


def _stored(library: Library) -> None:
    """The adapted encoders of this machine."""
    for name in adapter_names():
        with st.container(horizontal=True, vertical_alignment="center", key=f"adapter {name}"):
            try:
                adapter = load_adapter(name)
            except EncoderError as error:
                st.markdown(f":material/error: {plain(str(error))}", width="stretch")
            else:
                st.markdown(
                    f"**{plain(adapter.title)}**  \n:gray[made of {plain(encoder_title(adapter.encoder_name))} · "
                    f"{plain(adapter.about)}]",
                    width="stretch",
                )
                st.button("Use it", key=f"use {name}", icon=":material/search:", on_click=use_encoder, args=(name,))
                st.download_button(
                    "Download", adapter_bytes(adapter), file_name=f"{adapter.title}{SUFFIX}", key=f"download {name}",
                    icon=":material/download:", on_click="ignore",
                )  # fmt: skip
            st.button(
                "Remove", key=f"remove {name}", icon=":material/delete:", on_click=_remove, args=(library, name),
                disabled=is_busy(library),
                help="Undoes it: deletes the adapted encoder and its vectors in this library. Those of the encoder "
                "that it was made from were never changed.",
            )  # fmt: skip


def _upload() -> None:
    state = get_state(UploadState)
    file = st.file_uploader(
        "Add an adapted encoder (.safetensors)", key=f"adapter file {state.turn}", max_upload_size=file_limit(500)
    )
    if file is not None:
        with boundary():
            adapter = import_adapter(file.getvalue())
            state.turn += 1
            st.toast(f"{plain(adapter.title)} is now among the encoders.")
            st.rerun()


def _remove(library: Library, name: str) -> None:
    with boundary():
        if get_state(Choice).encoder == name:
            use_encoder(get_base_name(name) or DEFAULT_ENCODER)
        remove_adapter(name)
        for entry in library.encoders():
            if entry.name == name:
                library.drop_encoder(entry.id)
