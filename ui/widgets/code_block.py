"""The "In Python" expander: the lines of `core` that produce what a page shows, with the visitor's settings."""

from __future__ import annotations

import textwrap
from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.encoders import DEFAULT_ENCODER, get_opening_name
from core.policy import get_policy
from ui.session.libraries import VISIT, library_choices


def in_python(code: str) -> None:
    """An expander with code to copy. Anything a visitor typed must enter it through `repr`."""
    with st.expander("In Python", icon=":material/code:"):
        lines = textwrap.dedent(code).strip().splitlines()
        st.code("\n".join(map(get_policy().redact_paths, lines)), language="python", wrap_lines=True)


def opening(library: Library | None, encoder: Encoder) -> str:
    """The first lines of most code: they open the encoder and, if given, the library."""
    name = get_opening_name(encoder.name, encoder.id)
    name = "" if name == DEFAULT_ENCODER else repr(name)
    lines = ["from core import Library, open_encoder" if library else "from core import open_encoder", ""]
    lines += [f"encoder = open_encoder({name})"]
    lines += [f"library = Library({library_text(library)!r})"] if library else []
    return "\n".join(lines) + "\n"


def library_text(library: Library) -> str:
    """Path of a library, relative to the home directory if it is inside.

    It is "my-library" for the library of the visit, and for any library in public mode.
    """
    if not get_policy().may_see_paths or library_choices().get(VISIT) == library.path:
        return "my-library"
    try:
        return str(Path("~") / library.path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(library.path)
