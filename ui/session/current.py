"""The library and the encoder of this visit."""

from __future__ import annotations

from dataclasses import dataclass

from core import Encoder, Library
from ui.session.encoders import get_encoder
from ui.session.libraries import get_library, library_choices
from ui.session.state import get_state


@dataclass(slots=True)
class Choice:
    """What a session works with; the pickers show it and may be ahead of it by a moment.

    library, encoder: keys of what is in use; encoder "" before the first run. next_library, next_encoder: what to
    switch to in the next run, as `use_library` and `use_encoder` asked. library_switches, encoder_switches: how often
    something else than its picker made a switch. asked: the encoder of the link or of `use_encoder`. notice: a problem
    to show at the top of the page.
    """

    library: str | None = None
    encoder: str = ""
    next_library: tuple[str | None] | None = None
    next_encoder: str | None = None
    library_switches: int = 0
    encoder_switches: int = 0
    asked: str | None = None
    notice: str | None = None


def current_library() -> Library | None:
    """The library in use, or None. Raises LibraryError."""
    key = get_state(Choice).library
    return get_library(key) if key is not None and key in library_choices() else None


def current_encoder() -> Encoder:
    """The encoder in use. Raises EncoderError if it does not open."""
    return get_encoder(get_state(Choice).encoder)


def use_library(key: str | None) -> None:
    """Switches to a library (None: to any remaining one) from outside the picker, in the next run."""
    get_state(Choice).next_library = (key,)


def use_encoder(name: str) -> None:
    """Switches to an encoder from outside the picker, in the next run. For callbacks."""
    state = get_state(Choice)
    state.next_encoder = state.asked = name
