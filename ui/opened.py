"""What every page that works on a library begins with, and how one that has several parts shows the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from core import Encoder, Library
from core.errors import DataError, MediaError, QueryError
from ui.add import no_library, ready
from ui.in_python import in_python, opening
from ui.jobs.jobs import job_panel
from ui.session.current import current_encoder, current_library
from ui.session.libraries import LibraryFacts, library_facts
from ui.text import plain

Part = Callable[[Library, Encoder], str | None]


@dataclass(frozen=True, slots=True)
class PageContext:
    """The library and the encoder in use, and counts of what the library holds."""

    library: Library
    encoder: Encoder
    facts: LibraryFacts


def start_page(nothing: str) -> PageContext | None:
    """The library in use; None where there is none (the page then says `nothing`) or nothing in it can be searched yet
    (it says why, and what to do). Raises LibraryError and EncoderError."""
    library = current_library()
    if library is None:
        no_library(nothing)
        return None
    encoder = current_encoder()
    job_panel(library, report=False)
    facts = library_facts(library, encoder)
    return PageContext(library, encoder, facts) if ready(library, encoder, facts) else None


def show_part(at: PageContext, parts: Mapping[str, Part], *, key: str) -> None:
    """The part that is chosen above it and in the link, the first to begin with. What a part returns are its lines of
    Python after those that open the library; None where it shows lines of its own."""
    names = list(parts)
    part = st.segmented_control(
        "Look at", names, default=names[0], required=True, key=key, bind="query-params", label_visibility="collapsed"
    )
    try:
        lines = parts[part](at.library, at.encoder)
    except (DataError, MediaError, QueryError) as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return
    if lines:
        in_python(opening(at.library, at.encoder) + lines)
