"""The encoders in use, one of each for all visitors: opened when chosen, loaded at the first search."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import streamlit as st

from core import Encoder, Progress, encoder_names, open_encoder
from core.config import load_settings
from core.encoders import get_encoder_info, get_opening_name, get_tower_name, is_model_name
from core.encoders.adapted import PREFIX, AdaptedEncoder, adapted_title, adapter_names, load_adapter
from core.encoders.base import get_root
from core.encoders.hub.files import is_cached
from core.encoders.precomputed import imported_title, supports_text
from core.encoders.reduced import ReducedEncoder, Reduction, load_reduction, reduced_title
from core.encoders.registry import check_base_is_here
from core.errors import EncoderError
from core.policy import get_policy
from ui.server.state import once_each
from ui.text import duration_text, plain, size_text


@dataclass(slots=True)
class _Slot:
    """One encoder by name, and the progress of its preparation. `work` is shared, so that it is prepared only once."""

    encoder: Encoder | None = None
    loaded: bool = False
    progress: Progress | None = None
    work: Future[None] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@once_each(most=16)
def _slot(name: str) -> _Slot:
    return _Slot()


def encoder_title(name: str) -> str:
    """Title of an encoder in the picker."""
    info = get_encoder_info(name)
    return info.title if info else encoder_name(name)


def encoder_name(name: str) -> str:
    """Display name of an encoder; says if it is adapted, and how many dimensions it has if reduced or imported."""
    return reduced_title(name) or adapted_title(name) or imported_title(name) or get_policy().display_path(name)


def encoder_choices(*more: str) -> list[str]:
    """Names to offer: those of the registry, then `more`; only available ones where no model may be loaded."""
    names = dict.fromkeys([*encoder_names(), *more])
    return [name for name in names if is_offered(name)]


def is_offered(name: str) -> bool:
    """Whether visitors may use an encoder; not an adapted one that was removed, of which libraries may have vectors."""
    if name.startswith(PREFIX) and name not in adapter_names():
        return False
    return get_policy().may_load_models or _is_here(name)


def must_ask(name: str) -> bool:
    """Whether a link may not open an encoder unasked: that would download a model, or open a folder."""
    return get_policy().may_load_models and not _is_here(name) and name != load_settings().get("encoder")


@once_each(most=256, seconds=60)
def _is_here(name: str) -> bool:
    """Whether an encoder opens without the network, and without reading folders that visitors name."""
    towers = get_tower_name(name)
    return not is_model_name(towers) or is_cached(towers)


def get_encoder(name: str, *, proven: bool = False) -> Encoder:
    """The encoder of this name, opened once for all visitors. Shows the progress of downloads.

    A model of a hub or a folder is loaded completely before it counts as open, so that nobody switches to a broken one.
    proven: it worked before, so that loading can wait for the first search. Raises EncoderError.
    """
    if adapted_title(name):
        return _adapted(name, proven)
    if not is_offered(name):
        raise EncoderError(f"The encoder {name!r} is not available here: choose one from the list.")
    if reduced_title(name):  # shares the session of its base encoder
        return _reduced(name, proven)
    if get_encoder_info(name) is None and not is_model_name(name):
        return open_encoder(name)  # imported vectors, or a wrong name: anybody can think of any number of them
    slot = _slot(name)
    if slot.encoder is None:
        if is_model_name(name):
            _work(slot, f"Opening {name}", lambda: _open_model(name, slot, proven))
        else:
            slot.encoder = _open(name, slot)
    assert slot.encoder is not None
    return slot.encoder


def _adapted(name: str, proven: bool) -> Encoder:
    adapter = load_adapter(name)  # each time: another one may have taken its name
    check_base_is_here(adapter.title, adapter.encoder_name)
    base = get_opening_name(adapter.encoder_name, adapter.encoder_id)
    return AdaptedEncoder(get_encoder(base, proven=proven), adapter)


def _reduced(name: str, proven: bool) -> Encoder:
    reduction = _reduction(name)
    base = get_opening_name(reduction.encoder_name, reduction.encoder_id)
    return ReducedEncoder(get_encoder(base, proven=proven), reduction)


@once_each(most=16)
def _reduction(name: str) -> Reduction:
    return load_reduction(name)


def load_encoder(encoder: Encoder) -> None:
    """Loads the heavy part of an encoder, with its progress on the page, before the first search."""
    encoder = get_root(encoder)
    if not supports_text(encoder):  # nothing to load
        return
    slot = _slot(get_opening_name(encoder.name, encoder.id))
    if slot.encoder is None:
        slot.encoder = encoder
    if not slot.loaded:
        _work(slot, "Loading the encoder", lambda: _load(slot))


def progress_text(progress: Progress) -> str:
    """Stage, amount done, and estimated time left."""
    if not progress.done and progress.total is None:
        return f"{progress.stage.capitalize()} …"
    if progress.unit == "bytes":
        done, total = size_text(progress.done), size_text(progress.total or 0)
    else:
        done, total = f"{progress.done:,}", f"{progress.total or 0:,}"
    parts = [f"{progress.stage.capitalize()}: {done}" + (f" of {total}" if progress.total else "")]
    if progress.seconds_left is not None and progress.done:
        parts.append(f"about {duration_text(progress.seconds_left)} left")
    return ", ".join(parts)


def _open(name: str, slot: _Slot) -> Encoder:
    def report(progress: Progress) -> None:
        slot.progress = progress

    return open_encoder(name, release_memory=get_policy().public, on_progress=report)


def _open_model(name: str, slot: _Slot, proven: bool) -> None:
    slot.encoder = _open(name, slot)
    try:
        if not proven:
            _load(slot)
    except BaseException:
        slot.encoder = None
        raise


def _load(slot: _Slot) -> None:
    assert slot.encoder is not None
    if supports_text(slot.encoder):
        slot.encoder.encode_texts(["a photo"])
    slot.loaded = True


def _work(slot: _Slot, label: str, task: Callable[[], None]) -> None:
    """Runs a task in a thread and shows its progress; a rerun of the page joins the same task."""
    with slot.lock:
        if slot.work is None or slot.work.done():
            slot.work, slot.progress = Future(), None
            threading.Thread(target=_fulfil, args=(slot.work, task), daemon=True).start()
        work = slot.work
    place = st.empty()
    while not _done_within(work, 0.1):
        progress = slot.progress
        fraction = progress.fraction if progress else 0.0
        place.progress(fraction, text=plain(progress_text(progress) if progress else f"{label} …"))
    place.empty()
    with slot.lock:
        slot.work = None if slot.work is work else slot.work
    work.result()


def _fulfil(work: Future[None], task: Callable[[], None]) -> None:
    try:
        task()
    except BaseException as error:
        work.set_exception(error)
    else:
        work.set_result(None)


def _done_within(work: Future[None], seconds: float) -> bool:
    try:
        work.exception(timeout=seconds)
    except TimeoutError:
        return False
    return True
