"""Adds a folder or uploads to a library. Each starts a job."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.library.ingest.scan import scan
from core.library.ingest.texts import scan_items
from core.library.schema import Item
from core.library.uploads import UploadReport, save_uploads
from core.media.kinds import is_media_file
from core.media.modalities import find_modalities, join_titles
from core.policy import get_policy
from ui.jobs.ingest_job import start_ingest
from ui.jobs.jobs import is_busy, texts_hint
from ui.library.ingest_plan import Plan, get_plan, set_plan, show_plan
from ui.session.state import get_state
from ui.session.visit import get_visit
from ui.text import counted, file_table, files_label, plain, zip_limit


@dataclass(slots=True)
class UploadState:
    """refused: (file, reason) of the last upload."""

    refused: list[tuple[str, str]] = field(default_factory=list)


def add_folder(library: Library, encoder: Encoder) -> None:
    """Add a folder of the machine that runs Semblance, after a preview."""
    with st.form("folder", border=False):
        about = "With all its subfolders. Nothing is moved or copied."
        path = st.text_input("Folder", key="folder_path", placeholder="~/Pictures", help=about).strip()
        texts = _texts_wanted("folder_texts") or None  # without, those of folders that have some in the library
        request = st.form_submit_button("Preview", disabled=is_busy(library))
    if request:
        set_plan("folder_plan", library, None)
    if request and not path:
        st.info("Enter the path of a folder on this computer.", icon=":material/folder:")
    elif request and os.path.isfile(os.path.expanduser(path)):
        st.warning(f"{plain(path)} is a file: enter the folder that contains it.", icon=":material/folder_off:")
    elif request:
        with st.spinner("Scanning folders …"):
            found = scan_items([path], map(Item.from_row, library.items().to_pylist()), texts=texts)
        if not found.files:
            nothing = f"No {join_titles('or', plural=True)} in {plain(found.roots[0])}."
            st.info(nothing + texts_hint(found.passed_over), icon=":material/folder_off:")
            return
        set_plan("folder_plan", library, Plan(found, f"Adding {found.roots[0]}", texts=texts))
    show_plan(library, encoder, "folder_plan")


def add_uploads(library: Library, encoder: Encoder) -> None:
    """Add uploaded files and zips, which are stored in the library; with videos, after a preview."""
    with st.form("upload", border=False, clear_on_submit=True):
        files = st.file_uploader(
            files_label(),
            accept_multiple_files=True,
            key="photos 0",
            help="Uploads are stored in the library.",
            max_upload_size=zip_limit(),
        )
        texts = _texts_wanted("upload_texts")
        sent = st.form_submit_button("Add to library", type="primary", disabled=is_busy(library))
    if sent and files:
        with st.spinner("Saving the uploads …"):
            sent_files = [(file.name, file) for file in files]
            kept = get_visit().uploaded()
            report = save_uploads(library, sent_files, limits=get_policy(), uploaded=kept, texts=texts)
        get_state(UploadState).refused = report.refused
        _uploaded(library, encoder, report)
        st.rerun()
    show_plan(library, encoder, "upload_plan", on_leave=lambda: _discard_uploads(library))
    if refused := get_state(UploadState).refused:
        st.warning(f"{counted(len(refused), 'file')} skipped:", icon=":material/block:")
        file_table(refused, key="refused_table")


def _texts_wanted(key: str) -> bool:
    about = (
        "PDF, Word, EPUB, HTML, Markdown, plain text and subtitles, and tables with a column of texts. Captions beside "
        "pictures are given to these. From then on, new texts in the same folders are read as well."
    )
    return st.checkbox("Also read texts", key=key, help=about)


def _uploaded(library: Library, encoder: Encoder, report: UploadReport) -> None:
    if not report.saved:
        return
    if not any(find_modalities(path)[0].is_segmented for path in report.saved):
        start_ingest(library, encoder, _title(report.saved), report.saved)
        return
    waiting = get_plan("upload_plan", library)  # videos take long: show an estimate first
    before = [Path(path) for path in waiting.found.roots if os.path.lexists(path)] if waiting else []
    paths = list(dict.fromkeys([*before, *report.saved]))
    new = (*waiting.new, *report.new) if waiting else tuple(report.new)
    set_plan("upload_plan", library, Plan(scan(paths, target=is_media_file), _title(paths), new))


def _title(paths: Sequence[Path]) -> str:
    return f"Adding {counted(len(paths), 'upload')}"


def _discard_uploads(library: Library) -> None:
    """Delete the uploads of a cancelled plan, unless they were added to the library since."""
    plan = get_plan("upload_plan", library)
    assert plan is not None
    listed = set(library.items()["path"].to_pylist())
    for path in plan.new:
        if str(path) not in listed:
            path.unlink(missing_ok=True)
