"""Which encoder stands beside the one in use."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.encoders.reduced import reduction_names
from ui.add import embed_button
from ui.encoders import encoder_choices, encoder_title, get_encoder
from ui.jobs import busy
from ui.libraries import library_facts
from ui.page import plain


def other_encoder(library: Library, encoder: Encoder) -> Encoder | None:
    """The encoder to compare with, once it has vectors here; until then the page says how it gets them."""
    stored = [entry.name for entry in library.encoders() if entry.name != encoder.name]
    asked = st.query_params.get("other")
    names = encoder_choices(*([asked] if asked else []), *reduction_names())
    choices = list(dict.fromkeys([*stored, *(name for name in names if name != encoder.name)]))
    if "other" not in st.session_state and asked not in choices and stored:
        st.session_state["other"] = stored[0]
    st.selectbox(
        "Compare with",
        choices,
        index=None,
        key="other",
        bind="query-params",
        format_func=lambda name: encoder_title(name) + (" · has vectors here" if name in stored else ""),
        accept_new_options=True,
        placeholder="Choose one, or type a hub id (owner/model) or a folder",
        help="Any CLIP or SigLIP of the Hugging Face hub, the folder of a saved one, or one with fewer dimensions as "
        "made on the page How many dimensions.",
    )
    name = st.session_state.get("other")
    if not name:
        st.info(
            "This library has vectors of one encoder only. Choose another one above; it then reads the same files once "
            "more, and its vectors are stored beside those that are there.",
            icon=":material/compare:",
        )
        return None
    if name == encoder.name:
        st.info("This is the encoder in use: choose another one.", icon=":material/compare:")
        return None
    other = get_encoder(name, proven=name in stored)
    facts = library_facts(library, other)
    if facts.waiting and not busy(library):
        if facts.searchable:
            st.caption(f"{facts.waiting} not yet embedded with it: the two are compared on what both have.")
        else:
            st.info(f"{plain(encoder_title(name))} has no vectors here yet.", icon=":material/deployed_code:")
        embed_button(library, other, facts)
    return other if facts.searchable else None


def short_title(encoder: Encoder) -> str:
    """An encoder as a heading names it; not yet escaped."""
    return encoder_title(encoder.name).partition(" (")[0].partition(" · ")[0].rstrip("/").rpartition("/")[2]
