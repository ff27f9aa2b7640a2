"""The start of every page that works on a library, and the choice between the parts of a page."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from core import Encoder, IngestReport, Library
from core.encoders.precomputed import supports_text
from core.errors import DataError, MediaError, QueryError
from core.explore.atlas import prepare_atlas
from core.library.samples.library import build_sample, sample_path
from core.media.modalities import join_titles
from core.policy import get_policy
from core.progress import Task
from core.utils.extras import require
from ui.button import pressed
from ui.jobs.ingest_job import start_ingest
from ui.jobs.jobs import is_busy, job_panel, start_job
from ui.session.current import current_encoder, current_library, encoder_for, use_library
from ui.session.libraries import LibraryFacts, library_facts, library_key, may_change
from ui.session.library_files import known_damage
from ui.text import plain
from ui.widgets.code_block import in_python, opening

Part = Callable[[Library, Encoder], str | None]


@dataclass(frozen=True, slots=True)
class PageContext:
    """The library and the encoder in use, and counts of what the library holds."""

    library: Library
    encoder: Encoder
    facts: LibraryFacts


def start_page(nothing: str) -> PageContext | None:
    """The library in use; None if there is none (the page then shows `nothing`) or if none of its items is searchable
    yet (the page then says why). Raises LibraryError and EncoderError.
    """
    library = current_library()
    if library is None:
        no_library(nothing)
        return None
    encoder = current_encoder()
    for problem in known_damage(library):
        st.warning(plain(get_policy().redact_paths(problem)), icon=":material/error:")
    job_panel(library, report=False)
    facts = library_facts(library, encoder)
    return PageContext(library, encoder, facts) if ready(library, encoder, facts) else None


def show_part(at: PageContext, parts: Mapping[str, Part], *, key: str) -> None:
    """Show the part that the visitor or the link chose, by default the first.

    A part returns its Python code, without the lines that open the library; None if it shows its own.
    """
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


def sample_button(*, primary: bool) -> None:
    """Build or update the sample library, and switch to it."""
    kind = "primary" if primary else "secondary"
    if get_policy().may_write_shared and pressed(
        "Build the sample library", key="build_sample", type=kind, icon=":material/auto_awesome:"
    ):
        require("samples", "The sample photos")  # before an empty library of that name is made
        library = Library(sample_path(), create=True)
        encoder = encoder_for(library)

        def build(task: Task) -> IngestReport:
            report = build_sample(encoder, task=task)
            prepare_atlas(library, encoder, in_subprocess=True, task=task)
            return report

        start_job(library, "Samples", build)
        use_library(library_key(library.path))
        st.rerun()


def embed_button(library: Library, encoder: Encoder, facts: LibraryFacts) -> None:
    """Embed what has no vectors of this encoder."""
    if not may_change(library):
        st.caption("This library is shared: in the sidebar, choose an encoder that it has vectors of.")
        return
    if not supports_text(encoder):
        st.caption(
            f"{facts.waiting} have no vectors of this encoder, whose vectors are imported: import theirs too, or "
            "choose another encoder."
        )
        return
    label = f"Embed {facts.waiting} with this encoder"
    if pressed(label, key="embed_waiting", type="primary", icon=":material/deployed_code:", disabled=is_busy(library)):
        rows = library.items().to_pylist()
        paths = [row["path"] for row in rows if row["status"] == "ok" and os.path.lexists(row["path"])]
        start_ingest(library, encoder, "Embedding", paths)
        st.rerun()


def no_library(text: str) -> None:
    """Say that there is no library, with a link to create one."""
    st.info(text, icon=":material/photo_library:")
    st.page_link("pages/library.py", label="Create one on the page Library", icon=":material/arrow_forward:")


def ready(library: Library, encoder: Encoder, facts: LibraryFacts) -> bool:
    """Whether there is anything to search; if not, the page says what is missing and how to get it."""
    if facts.searchable:
        return True
    if not facts.here:
        st.info(f"{plain(library.name)} has no {join_titles('or', plural=True)} yet.", icon=":material/photo_library:")
        st.page_link("pages/library.py", label="Add some on the page Library", icon=":material/arrow_forward:")
    elif not is_busy(library):
        st.info("The files of this library are not embedded with this encoder yet.", icon=":material/deployed_code:")
        embed_button(library, encoder, facts)
    return False
