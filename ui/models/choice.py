"""The choice of the encoder to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core import Encoder, Library
from core.encoders.reduced import ReducedEncoder, reduced_title, reduction_names
from core.library.reduced_copy import get_reduction, store_reduced
from core.library.weights import find_weights
from core.policy import get_policy
from core.progress import Task
from ui.jobs.jobs import is_busy
from ui.jobs.tasks import task_button
from ui.session.encoders import encoder_choices, encoder_title, get_encoder, is_offered, must_ask
from ui.session.libraries import library_facts
from ui.session.state import get_state
from ui.text import plain
from ui.widgets.linked_encoder import offer_linked, read_linked
from ui.widgets.page_start import embed_button

_COPY_DIM = 64


@dataclass(slots=True)
class OtherState:
    """stored: the other encoders that had vectors here at the last run; one that is new is chosen by itself."""

    stored: tuple[str, ...] | None = None


def choose_other_encoder(library: Library, encoder: Encoder) -> Encoder | None:
    """The encoder to compare with, once it has vectors here; until then, how to compute them."""
    state = st.session_state
    stored = [entry.name for entry in library.encoders() if entry.name != encoder.name and is_offered(entry.name)]
    here = get_state(OtherState)
    new = [name for name in stored if here.stored is not None and name not in here.stored]
    is_new = bool(new) and state.get("other") is None
    here.stored = tuple(stored)
    if "other" not in state or is_new:
        # not bound to the link: a widget that writes itself there would write how names are shown, not the names
        usual = next((entry for entry in stored if not must_ask(entry)), None)
        state["other"] = new[0] if is_new else read_linked("other") or usual
    offer_linked("other", _use)
    if state["other"] == encoder.name:  # picked in the sidebar meanwhile, and so not to choose from here
        state["other"] = stored[0] if stored else None
    any_model = get_policy().may_load_models
    name = st.selectbox(
        "Compare with",
        _choices(stored, encoder, state["other"]),
        index=None,
        key="other",
        format_func=encoder_title,  # a title that changes would come back from the browser as if it had been typed
        accept_new_options=any_model,
        placeholder="Choose one" + ", or type a hub id (owner/model) or a folder" * any_model,
        help="Encoders with vectors here come first."
        + " You can also use any CLIP or SigLIP of the Hugging Face hub, the folder of a saved model, or a reduced "
        "encoder of the page How many dimensions." * any_model,
    )
    if name:
        st.query_params["other"] = name
    if not name:
        st.info(
            "This library has vectors of one encoder only. Choose another one above: it embeds the same files, and its "
            "vectors are stored in addition.",
            icon=":material/compare:",
        )
        _offer_copy(library, encoder)
        return None
    if name == encoder.name:
        st.info("This is the encoder in use. Choose another one.", icon=":material/compare:")
        return None
    other = get_encoder(find_weights(library, name), proven=name in stored)
    facts = library_facts(library, other)
    if facts.waiting and not is_busy(library):
        if facts.searchable:
            st.caption(f"{facts.waiting} not yet embedded with it. Only items that both have are compared.")
        else:
            st.info(f"{plain(encoder_title(name))} has no vectors here yet.", icon=":material/deployed_code:")
        embed_button(library, other, facts)
    return other if facts.searchable else None


def _offer_copy(library: Library, encoder: Encoder) -> None:
    """A second encoder at one click: the one in use with fewer dimensions, for which no file is read."""
    if not get_policy().may_write_shared or is_busy(library) or reduced_title(encoder.name) is not None:
        return
    dim = min(_COPY_DIM, encoder.dim // 2)
    task_button(
        "models copy", f"Compare with a copy in {dim} dimensions", partial(_store_copy, library, encoder, dim),
        title="Storing", about=(library.path, encoder.id), state=library.index(encoder), icon=":material/compress:",
        note="Made of the vectors that are here, in seconds.",
    )  # fmt: skip


def _store_copy(library: Library, encoder: Encoder, dim: int, task: Task) -> ReducedEncoder:
    return store_reduced(library, encoder, get_reduction(library, encoder, dim), task=task)


def _use(name: str) -> None:
    st.session_state["other"] = name


def _choices(stored: Sequence[str], encoder: Encoder, chosen: str | None) -> list[str]:
    """The names to choose from, those with vectors here first. No two have one title, by which the browser names what
    was chosen: of the maps to as many dimensions, each made for another library, that of this one is meant."""
    names = [*filter(None, [chosen]), *stored, *encoder_choices(*reduction_names())]
    by_title = {encoder_title(name): name for name in reversed(names) if name != encoder.name}
    cached = set(by_title.values())
    return [name for name in dict.fromkeys([*stored, *names]) if name in cached]


def short_title(encoder: Encoder) -> str:
    """An encoder as a heading names it; not yet escaped."""
    return encoder_title(encoder.name).partition(" (")[0].partition(" · ")[0].rstrip("/").rpartition("/")[2]
