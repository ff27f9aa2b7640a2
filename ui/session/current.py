"""The library and the encoder of this visit."""

from __future__ import annotations

from dataclasses import dataclass

from core import Encoder, Library
from core.library.weights import find_weights
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
    """The encoder in use, with the weights of the library in use. Raises EncoderError if it does not open."""
    return encoder_for(current_library())


def encoder_for(library: Library | None) -> Encoder:
    """The encoder in use, with the weights that a library is searched with; None: the newest. Raises EncoderError."""
    name = get_state(Choice).encoder
    return get_encoder(find_weights(library, name) if library else name)


def newest_encoder() -> Encoder:
    """The encoder in use with its newest weights. Raises EncoderError."""
    return encoder_for(None)


def is_made_with_earlier_weights(library: Library, encoder: Encoder) -> bool:
    """Whether the encoder in use is one of earlier weights, which the library still is searched with."""
    name = get_state(Choice).encoder
    return encoder.name == name and find_weights(library, name) != name


def use_library(key: str | None) -> None:
    """Switches to a library (None: to any remaining one) from outside the picker, in the next run."""
    get_state(Choice).next_library = (key,)


def use_encoder(name: str) -> None:
    """Switches to an encoder from outside the picker, in the next run. For callbacks."""
    state = get_state(Choice)
    state.next_encoder = state.asked = name
