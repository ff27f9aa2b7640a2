"""The library and the encoder of this session: chosen in the sidebar, kept in the link and the settings."""

from __future__ import annotations

import streamlit as st

from core import SemblanceError
from core.config import load_settings, save_settings
from core.encoders import DEFAULT_ENCODER
from core.encoders.adapted import adapter_names
from core.policy import get_policy
from ui.jobs.jobs import get_job
from ui.session.current import (
    Choice,
    current_encoder,
    current_library,
    is_made_with_earlier_weights,
    use_encoder,
)
from ui.session.encoders import encoder_choices, encoder_title, get_encoder
from ui.session.libraries import VISIT, library_choices, library_facts, library_title, may_change
from ui.session.queue import QUEUE, place_text
from ui.session.state import get_state
from ui.session.visit import get_visit
from ui.text import counted, percent, plain
from ui.widgets.linked_encoder import offer_linked, read_linked

_ANY_MODEL = " Enter any CLIP or SigLIP of the Hugging Face hub (owner/model), or the folder of a saved one."


def sidebar() -> None:
    """Draw both pickers and facts about the choice, and write it into the address bar."""
    with st.sidebar:
        _pick_library()
        _pick_encoder()
        try:
            _facts()
        except SemblanceError as error:
            st.error(plain(str(error)), icon=":material/error:")
        _running_jobs()
        if get_policy().public:
            st.caption(
                ":material/public: Shared libraries are read-only. Only you see what you upload, label and train; it "
                "is deleted after your visit."
            )
    _write_link()
    _notice()
    offer_linked("encoder", use_encoder)


def _pick_library() -> None:
    choices, choice = list(library_choices()), get_state(Choice)
    if not choice.encoder:  # the first run
        choice.library = _first_library(choices)
    wanted = choice.library if choice.next_library is None else choice.next_library[0]
    if wanted not in choices:  # removed meanwhile
        wanted = next(iter(choices), None)
    if wanted != choice.library:
        choice.library_switches += 1
        _use_library(wanted)
    choice.next_library = None
    picked = st.selectbox(
        "Library",
        choices,
        index=None if choice.library is None else choices.index(choice.library),
        key=_picker_key("library_pick", choice.library_switches),
        format_func=library_title,
        placeholder="None yet",
        disabled=not choices,
        help="The photos and videos to search. Create libraries on the page Library.",
    )
    if picked != choice.library:
        _use_library(picked)


def _use_library(key: str | None) -> None:
    get_state(Choice).library = key
    if key != VISIT and get_policy().may_write_shared:
        save_settings(library=key)


def _picker_key(name: str, switches: int) -> str:
    """A switch from outside a picker makes a new picker: a click that the browser sent before it saw the switch brings
    the old picker's value along, which would undo the switch.
    """
    return f"{name} {switches}" if switches else name


def _first_library(choices: list[str]) -> str | None:
    request = st.query_params.get("library")
    if request and request not in choices:
        get_state(Choice).notice = f"The link names a library that does not exist here: {plain(request)}."
    preferred = (request, load_settings().get("library"))
    return next((key for key in preferred if key in choices), choices[0] if choices else None)


def _pick_encoder() -> None:
    choice = get_state(Choice)
    if not choice.encoder:
        choice.encoder = DEFAULT_ENCODER  # until the requested one has opened
        choice.asked = read_linked("encoder")
        choice.next_encoder = choice.asked or load_settings().get("encoder", DEFAULT_ENCODER)
    elif choice.next_encoder is not None:
        choice.encoder_switches += 1
    shown = choice.next_encoder or choice.encoder
    names = list(dict.fromkeys([*encoder_choices(*_own_encoders()), choice.encoder, shown]))
    picked = st.selectbox(
        "Encoder",
        names,
        index=names.index(shown),
        key=_picker_key("encoder_pick", choice.encoder_switches),
        format_func=encoder_title,
        accept_new_options=get_policy().may_load_models,
        help="Turns pictures and words into vectors." + _ANY_MODEL * get_policy().may_load_models,
    )
    choice.next_encoder = None  # only now: the picker may end this run
    if picked and picked != choice.encoder:
        _switch_encoder(picked)


def _switch_encoder(name: str) -> None:
    """Use the new encoder if it opens; else say why and keep the previous one."""
    choice = get_state(Choice)
    try:
        get_encoder(name, proven=name == load_settings().get("encoder"))
    except SemblanceError as error:
        choice.notice = f"{plain(str(error))} Still in use: {plain(encoder_title(choice.encoder))}."
        choice.next_encoder = choice.encoder
        st.rerun()
    choice.encoder, choice.notice = name, None
    # an encoder from a link is for this session; one from the picker is remembered
    if name != choice.asked and get_policy().may_write_shared:
        save_settings(encoder=name)


def _own_encoders() -> list[str]:
    """Those that the library has vectors of, and the adapted ones of this machine."""
    library = current_library()
    return [*([entry.name for entry in library.encoders()] if library else []), *adapter_names()]


def _facts() -> None:
    library = current_library()
    encoder = current_encoder()
    if library is None:
        st.caption(f"{encoder.dim} dimensions")
        return
    facts = library_facts(library, encoder)
    searchable = facts.searchable or counted(0, "picture")
    st.caption(f"{searchable} searchable · {encoder.dim} dimensions")
    if facts.waiting:
        st.caption(f"{facts.waiting} not yet embedded with this encoder")
    if may_change(library) and is_made_with_earlier_weights(library, encoder):
        st.caption(":material/upgrade: Made with earlier weights: see the page Library")
    job = get_job(library)
    if job and job.running:
        done = f" ({percent(job.progress.fraction)})" if job.progress else ""
        st.caption(f":material/sync: Indexing in the background{done}")


def _running_jobs() -> None:
    """The jobs of this session, from any page, each with a button to stop it."""
    for number, ticket in enumerate(QUEUE.tickets_of(get_visit().id)):
        if ticket.cancel.is_set() or ticket.lasting:  # the library shows a lasting one
            continue
        with st.container(horizontal=True, vertical_alignment="center", key=f"under way {number}"):
            before = QUEUE.before(ticket)
            text = f"{plain(ticket.title)} …" if before is None else place_text(before)
            st.caption(f":material/hourglass_top: {text}", width="stretch")
            st.button("Stop", key=f"stop it {number}", type="tertiary", on_click=ticket.cancel.set)


def _notice() -> None:
    """Show a problem at the top of the page, as the sidebar is closed on a phone."""
    if notice := get_state(Choice).notice:
        with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="notice"):
            st.error(notice, icon=":material/error:")
            st.button("Close", icon=":material/close:", type="tertiary", on_click=_close_notice)


def _close_notice() -> None:
    get_state(Choice).notice = None


def _write_link() -> None:
    choice = get_state(Choice)
    link = {"encoder": choice.encoder}
    if choice.library and choice.library != VISIT:
        link["library"] = choice.library
    if "library" not in link:
        st.query_params.pop("library", None)
    if any(st.query_params.get(name) != value for name, value in link.items()):
        st.query_params.update(link)  # in one go: each change is an entry in the browser history
