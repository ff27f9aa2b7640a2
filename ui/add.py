"""How files get into a library: samples, a folder, uploads, and vectors of another encoder. Each starts a job."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.encoders.imported import reads_words
from core.extras import require
from core.library.sample import build_sample, sample_path
from core.library.scan import scan
from core.library.uploads import UploadReport, save_uploads
from core.media.kinds import is_image_path, is_media_path
from core.policy import MB, policy
from ui.jobs import busy, start_ingest, start_job
from ui.libraries import LibraryFacts, library_key, may_change
from ui.page import counted, file_table, plain
from ui.plan import Plan, plan_place, show_plan
from ui.pressed import pressed
from ui.sidebar import use_library
from ui.visit import visit


def sample_button(encoder: Encoder, *, primary: bool) -> None:
    """Builds the sample library, or brings it up to date, and switches to it."""
    kind = "primary" if primary else "secondary"
    if policy().may_write_shared and pressed(
        "Build the sample library", key="build_sample", type=kind, icon=":material/auto_awesome:"
    ):
        require("samples", "The sample photos")  # before an empty library of that name is made
        library = Library(sample_path(), create=True)
        start_job(library, "Samples", lambda tell, cancel: build_sample(encoder, on_progress=tell, cancel=cancel))
        use_library(library_key(library.path))
        st.rerun()


def embed_button(library: Library, encoder: Encoder, facts: LibraryFacts) -> None:
    """Gives the pictures and videos that have no vectors of this encoder theirs."""
    if not may_change(library):
        st.caption("This library is shared: choose an encoder in the sidebar that it has vectors of.")
        return
    if not reads_words(encoder):
        st.caption(
            f"{facts.waiting} have none of these vectors. They were imported: import vectors of these files too, or "
            "choose another encoder."
        )
        return
    label = f"Embed {facts.waiting} with this encoder"
    if pressed(label, key="embed_waiting", type="primary", icon=":material/deployed_code:", disabled=busy(library)):
        rows = library.items().to_pylist()
        paths = [row["path"] for row in rows if row["status"] == "ok" and os.path.lexists(row["path"])]
        start_ingest(library, encoder, "Embedding", paths)
        st.rerun()


def no_library(text: str) -> None:
    """Says that there is none, and the way to one."""
    st.info(text, icon=":material/photo_library:")
    st.page_link("pages/library.py", label="Make one on the page Library", icon=":material/arrow_forward:")


def ready(library: Library, encoder: Encoder, facts: LibraryFacts) -> bool:
    """Whether there is anything to search; where not, the page says what is lacking and how to get it."""
    if facts.searchable:
        return True
    if not facts.here:
        st.info(f"{plain(library.name)} holds no pictures or videos yet.", icon=":material/photo_library:")
        st.page_link("pages/library.py", label="Add some on the page Library", icon=":material/arrow_forward:")
    elif not busy(library):
        st.info("The files of this library have no vectors of this encoder yet.", icon=":material/deployed_code:")
        embed_button(library, encoder, facts)
    return False


def add_folder(library: Library, encoder: Encoder) -> None:
    """A folder of the machine that runs Semblance: looked through first, added when that looks right."""
    with st.form("folder", border=False):
        about = "With all below it. Nothing is moved or copied."
        path = st.text_input("Folder", key="folder_path", placeholder="~/Pictures", help=about).strip()
        asked = st.form_submit_button("Look what is there", disabled=busy(library))
    if asked:
        st.session_state.pop(plan_place("folder_plan", library), None)
    if asked and not path:
        st.info("Type the path of a folder of this computer.", icon=":material/folder:")
    elif asked and os.path.isfile(os.path.expanduser(path)):
        st.warning(f"{plain(path)} is a file: give the folder that holds it.", icon=":material/folder_off:")
    elif asked:
        with st.spinner("Looking through the folders …"):
            found = scan([path], wanted=is_media_path)
        if not found.files:
            st.info(f"No pictures or videos in {plain(found.roots[0])}.", icon=":material/folder_off:")
            return
        st.session_state[plan_place("folder_plan", library)] = Plan(found, f"Adding {found.roots[0]}")
    show_plan(library, encoder, "folder_plan")


def add_uploads(library: Library, encoder: Encoder) -> None:
    """Files and zips out of the browser; they are kept inside the library. With videos among them, a plan first."""
    turn = st.session_state.setdefault("photos_turn", 0)
    with st.form("upload", border=False, clear_on_submit=True):
        files = st.file_uploader(
            files_label(),
            accept_multiple_files=True,
            key=f"photos {turn}",
            help="Kept in the library.",
            max_upload_size=zip_limit(),
        )
        sent = st.form_submit_button("Add them", type="primary", disabled=busy(library))
    if sent and files:
        with st.spinner("Taking them in …"):
            report = save_uploads(library, [(file.name, file) for file in files], kept=visit().uploaded())
        st.session_state["refused"] = report.refused
        _uploaded(library, encoder, report)
        st.rerun()
    show_plan(library, encoder, "upload_plan", on_leave=lambda: _throw_away(library))
    if refused := st.session_state.get("refused"):
        st.warning(f"{len(refused):,} not taken:", icon=":material/block:")
        file_table(refused, key="refused_table")


def files_label() -> str:
    """What may be uploaded; with the limit of a file in a zip or beside it, where it is not that of the whole."""
    each = policy().file_bytes // MB
    limit = f" of up to {each:,} MB each" if each < zip_limit() else ""
    return f"Photos and videos{limit}, or zip archives of them"


def zip_limit() -> int:
    """Megabytes that one upload may have, which may be a zip; the server's own limit holds as well."""
    return int(min(policy().upload_bytes, st.get_option("server.maxUploadSize") * MB) // MB)


def _uploaded(library: Library, encoder: Encoder, report: UploadReport) -> None:
    if not report.saved:
        return
    if all(is_image_path(path) for path in report.saved):
        start_ingest(library, encoder, _title(report.saved), report.saved)
        return
    place = plan_place("upload_plan", library)  # video takes its time: how long is said first
    waiting: Plan | None = st.session_state.get(place)
    before = [Path(path) for path in waiting.found.roots if os.path.lexists(path)] if waiting else []
    paths = list(dict.fromkeys([*before, *report.saved]))
    new = (*waiting.new, *report.new) if waiting else tuple(report.new)
    st.session_state[place] = Plan(scan(paths, wanted=is_media_path), _title(paths), new)


def _title(paths: Sequence[Path]) -> str:
    return f"Adding {counted(len(paths), 'upload')}"


def _throw_away(library: Library) -> None:
    """Deletes the uploads of a plan that is not followed: those that it brought and that nobody has added since."""
    plan: Plan = st.session_state[plan_place("upload_plan", library)]
    listed = set(library.items()["path"].to_pylist())
    for path in plan.new:
        if str(path) not in listed:
            path.unlink(missing_ok=True)
