"""How files get into a library: samples, a folder, uploads, and vectors of another encoder. Each starts a job."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.library.ingest.scan import scan
from core.library.uploads import UploadReport, save_uploads
from core.media.kinds import is_image_path, is_media_path
from core.policy import get_policy
from ui.jobs.jobs import is_busy, start_ingest
from ui.library.ingest_plan import Plan, plan_place, show_plan
from ui.session.visit import get_visit
from ui.text import counted, file_table, plain
from ui.widgets.uploads import files_label, zip_limit


def add_folder(library: Library, encoder: Encoder) -> None:
    """A folder of the machine that runs Semblance: looked through first, added when that looks right."""
    with st.form("folder", border=False):
        about = "With all below it. Nothing is moved or copied."
        path = st.text_input("Folder", key="folder_path", placeholder="~/Pictures", help=about).strip()
        request = st.form_submit_button("Look what is there", disabled=is_busy(library))
    if request:
        st.session_state.pop(plan_place("folder_plan", library), None)
    if request and not path:
        st.info("Type the path of a folder of this computer.", icon=":material/folder:")
    elif request and os.path.isfile(os.path.expanduser(path)):
        st.warning(f"{plain(path)} is a file: give the folder that holds it.", icon=":material/folder_off:")
    elif request:
        with st.spinner("Looking through the folders …"):
            found = scan([path], target=is_media_path)
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
        sent = st.form_submit_button("Add them", type="primary", disabled=is_busy(library))
    if sent and files:
        with st.spinner("Taking them in …"):
            sent_files = [(file.name, file) for file in files]
            report = save_uploads(library, sent_files, limits=get_policy(), uploaded=get_visit().uploaded())
        st.session_state["refused"] = report.refused
        _uploaded(library, encoder, report)
        st.rerun()
    show_plan(library, encoder, "upload_plan", on_leave=lambda: _throw_away(library))
    if refused := st.session_state.get("refused"):
        st.warning(f"{len(refused):,} not taken:", icon=":material/block:")
        file_table(refused, key="refused_table")


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
    st.session_state[place] = Plan(scan(paths, target=is_media_path), _title(paths), new)


def _title(paths: Sequence[Path]) -> str:
    return f"Adding {counted(len(paths), 'upload')}"


def _throw_away(library: Library) -> None:
    """Deletes the uploads of a plan that is not followed: those that it brought and that nobody has added since."""
    plan: Plan = st.session_state[plan_place("upload_plan", library)]
    listed = set(library.items()["path"].to_pylist())
    for path in plan.new:
        if str(path) not in listed:
            path.unlink(missing_ok=True)
