"""Heads that were learned from labels: which one tells, taken away as files and brought back."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import Encoder
from core.classify.heads import Head, NumberHead, check_head_fits, head_bytes, list_heads, load_head, read_head
from core.encoders.saved_files import find_free_name
from ui.errors import boundary
from ui.text import counted, file_limit, plain
from ui.widgets.saved_heads import _own, list_known_heads, store_head


def choose_head(name: str | None) -> None:
    """Lets a saved head tell in the coming run; None: the classes of the table."""
    st.session_state["head_next"] = name


def head_choice(encoder: Encoder) -> Head | None:
    """The picker of known heads, if there are any; None where the classes of the table tell. Raises DataError."""
    state, heads = st.session_state, list_known_heads(encoder)
    if "head" not in state:
        state["head"] = st.query_params.get("head")
    if "head_next" in state:
        state["head"] = state.pop("head_next")
    if state["head"] not in heads:
        state["head"] = None
    if not heads:
        return None
    name = st.selectbox(
        "Told by",
        heads,
        index=None,
        key="head",
        placeholder="The classes below, as words alone (zero-shot)",
        help="A head that was learned, here or elsewhere, with the same encoder: of classes, or of a number.",
    )
    if name is None:
        st.query_params.pop("head", None)
        return None
    if st.query_params.get("head") != name:
        st.query_params["head"] = name
    return _own(encoder).get(name) or load_head(list_heads(encoder)[name], encoder)


def head_panel(encoder: Encoder, head: Head | None) -> None:
    """The pop-up to take a head away and to bring one."""
    with st.popover("Heads", icon=":material/school:"):
        st.caption("What was learned from labels, as a file for other libraries and computers.")
        if head is not None:
            name = st.session_state["head"]
            st.download_button(
                "Download the one in use",
                head_bytes(head),
                file_name=f"{name}.safetensors",
                icon=":material/download:",
                on_click="ignore",
            )
        turn = st.session_state.setdefault("head_turn", 0)
        file = st.file_uploader("Upload one (.safetensors)", key=f"head_file {turn}", max_upload_size=file_limit(500))
        if file is not None:
            _take_head(encoder, file.name, file.getvalue())


def _take_head(encoder: Encoder, file: str, data: bytes) -> None:
    with boundary():
        head = check_head_fits(read_head(data), encoder)
        name = find_free_name("heads", encoder, Path(file).stem)
        store_head(head, encoder, name)
        choose_head(name)
        st.session_state["head_turn"] += 1
        tells = (
            f"the number {plain(head.names[0])}" if isinstance(head, NumberHead) else counted(len(head.names), "class")
        )
        st.toast(f"{plain(name)} tells {tells} now.")
        st.rerun()
