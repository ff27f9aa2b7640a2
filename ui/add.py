"""How pictures get into a library: samples, a folder, uploads, and vectors of another encoder. Each starts a job."""

from __future__ import annotations

import os

import streamlit as st

from core import Encoder, Library
from core.library.sample import build_sample, sample_path
from core.library.scan import Scan, scan
from core.library.uploads import save_uploads
from core.media.kinds import is_image_path
from ui.jobs import job_of, start_ingest, start_job
from ui.libraries import LibraryFacts, library_key
from ui.page import counted, file_table, plain, size_text
from ui.sidebar import use_library


def busy(library: Library) -> bool:
    """Whether a job works on the library: one at a time."""
    job = job_of(library)
    return bool(job and job.running)


def sample_button(encoder: Encoder, *, primary: bool) -> None:
    """Builds the sample library, or brings it up to date, and switches to it."""
    kind = "primary" if primary else "secondary"
    if st.button("Build the sample library", type=kind, icon=":material/auto_awesome:"):
        library = Library(sample_path(), create=True)
        start_job(library, "Sample photos", lambda tell, _: build_sample(encoder, on_progress=tell), stoppable=False)
        use_library(library_key(library.path))
        st.rerun()


def embed_button(library: Library, encoder: Encoder, facts: LibraryFacts) -> None:
    """Gives the pictures that have no vectors of this encoder theirs."""
    label = f"Embed {counted(facts.ok - facts.searchable, 'picture')} with this encoder"
    if st.button(label, type="primary", icon=":material/deployed_code:", disabled=busy(library)):
        rows = library.items().to_pylist()
        paths = [row["path"] for row in rows if row["status"] == "ok" and os.path.lexists(row["path"])]
        start_ingest(library, encoder, "Embedding", paths)
        st.rerun()


def ready(library: Library, encoder: Encoder, facts: LibraryFacts) -> bool:
    """Whether there is anything to search; where not, the page says what is lacking and how to get it."""
    if facts.searchable:
        return True
    if not facts.ok:
        st.info(f"{plain(library.name)} holds no pictures yet.", icon=":material/photo_library:")
        st.page_link("pages/library.py", label="Add some on the page Library", icon=":material/arrow_forward:")
    elif not busy(library):
        st.info("The pictures of this library have no vectors of this encoder yet.", icon=":material/deployed_code:")
        embed_button(library, encoder, facts)
    return False


def add_folder(library: Library, encoder: Encoder) -> None:
    """A folder of the machine that runs Semblance: looked through first, added when that looks right."""
    with st.form("folder", border=False):
        path = st.text_input("Folder", key="folder_path", placeholder="~/Pictures", help="With all below it.").strip()
        asked = st.form_submit_button("Look what is there", disabled=busy(library))
    if asked:
        st.session_state.pop("folder_found", None)
    if asked and not path:
        st.info("Type the path of a folder of this computer.", icon=":material/folder:")
    elif asked and os.path.isfile(os.path.expanduser(path)):
        st.warning(f"{plain(path)} is a file: give the folder that holds it.", icon=":material/folder_off:")
    elif asked:
        with st.spinner("Looking through the folders …"):
            st.session_state["folder_found"] = scan([path], wanted=is_image_path)
    found: Scan | None = st.session_state.get("folder_found")
    if found is None:
        return
    folder = found.roots[0]
    if not found.files:
        st.info(f"No pictures in {plain(folder)}.", icon=":material/folder_off:")
        return
    amount = size_text(sum(file.bytes for file in found.files.values()))
    st.markdown(f"**{counted(len(found.files), 'picture')}**, {amount}, in {plain(folder)}. They stay where they are.")
    if found.closed:
        st.caption(f"{len(found.closed):,} files or folders cannot be looked into; the report will list them.")
    if st.button("Add them", type="primary", icon=":material/add_photo_alternate:", disabled=busy(library)):
        del st.session_state["folder_found"]
        start_ingest(library, encoder, f"Adding {folder}", [folder])
        st.rerun()


def add_uploads(library: Library, encoder: Encoder) -> None:
    """Photos and zips out of the browser; they are kept inside the library."""
    turn = st.session_state.setdefault("photos_turn", 0)
    with st.form("upload", border=False, clear_on_submit=True):
        files = st.file_uploader(
            "Photos, or zip archives of photos",
            accept_multiple_files=True,
            key=f"photos {turn}",
            help="Kept in the library.",
        )
        sent = st.form_submit_button("Add them", type="primary", disabled=busy(library))
    if sent and files:
        with st.spinner("Taking them in …"):
            report = save_uploads(library, [(file.name, file) for file in files])
        st.session_state["refused"] = report.refused
        if report.saved:
            start_ingest(library, encoder, f"Adding {counted(len(report.saved), 'upload')}", report.saved)
        st.rerun()
    if refused := st.session_state.get("refused"):
        st.warning(f"{len(refused):,} not taken:", icon=":material/block:")
        file_table(refused, key="refused_table")
