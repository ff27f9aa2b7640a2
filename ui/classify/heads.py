"""Trained heads: choice, download and upload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import Encoder
from core.classify.heads import Head, NumberHead, check_head_fits, head_bytes, read_head
from core.encoders.saved_files import find_free_name
from ui.errors import boundary
from ui.session.heads import get_head, list_known_heads, store_head
from ui.session.state import get_state
from ui.text import counted, file_limit, plain


@dataclass(slots=True)
class HeadState:
    """following: the head to use from the next run on, or (None,) for the table. turn: grows with each upload."""

    following: tuple[str | None] | None = None
    turn: int = 0


def choose_head(name: str | None) -> None:
    """Uses a saved head from the next run on; None: the classes of the table."""
    get_state(HeadState).following = (name,)


def head_choice(encoder: Encoder) -> Head | None:
    """The picker of known heads. Returns the chosen one; None: the classes of the table. Raises DataError."""
    state, heads = st.session_state, list_known_heads(encoder)
    if "head" not in state:
        state["head"] = st.query_params.get("head")
    following, get_state(HeadState).following = get_state(HeadState).following, None
    if following is not None:
        (state["head"],) = following
    if state["head"] not in heads:
        state["head"] = None
    if not heads:
        st.query_params.pop("head", None)
        return None
    name = st.selectbox(
        "Classifier",
        heads,
        index=None,
        key="head",
        placeholder="Zero-shot: the classes below, by their words",
        help="Zero-shot, or a trained head of the same encoder. A head predicts classes or a number.",
    )
    if name is None:
        st.query_params.pop("head", None)
        return None
    if st.query_params.get("head") != name:
        st.query_params["head"] = name
    return get_head(encoder, name)


def head_panel(encoder: Encoder, head: Head | None) -> None:
    """The pop-up to download a head and to upload one."""
    with st.popover("Heads", icon=":material/school:"):
        st.caption("Trained heads as files, for other libraries and computers.")
        if head is not None:
            name = st.session_state["head"]
            st.download_button(
                "Download this head",
                head_bytes(head),
                file_name=f"{name}.safetensors",
                icon=":material/download:",
                on_click="ignore",
            )
        file = st.file_uploader(
            "Upload a head (.safetensors)",
            key=f"head_file {get_state(HeadState).turn}",
            max_upload_size=file_limit(500),
        )
        if file is not None:
            _take_head(encoder, file.name, file.getvalue())


def _take_head(encoder: Encoder, file: str, data: bytes) -> None:
    with boundary():
        head = check_head_fits(read_head(data), encoder)
        name = find_free_name("heads", encoder, Path(file).stem)
        store_head(head, encoder, name)
        choose_head(name)
        get_state(HeadState).turn += 1
        target = (
            f"the number {plain(head.names[0])}" if isinstance(head, NumberHead) else counted(len(head.names), "class")
        )
        st.toast(f"{plain(name)} now predicts {target}.")
        st.rerun()
