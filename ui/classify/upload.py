"""Files outside the library: a folder, uploads or a snapshot, embedded for the visit only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from core import Encoder, Library
from core.classify.embedded_set import EmbeddedSet, embed_files_set
from core.library.ingest.scan import scan
from core.library.uploads import UploadReport, save_uploads
from core.media.kinds import is_media_file
from core.policy import get_policy
from core.progress import Task
from ui.jobs.jobs import Job, Work
from ui.jobs.work import get_result, start_work
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.session.state import get_state
from ui.session.visit import get_visit
from ui.text import counted, files_label, zip_limit


@dataclass(slots=True)
class UploadState:
    """library: holds the uploads of this visit. jobs: by source, the id of the encoder and the job that embeds."""

    library: Library | None = None
    jobs: dict[str, tuple[str, Job[EmbeddedSet]]] = field(default_factory=dict)


def folder(encoder: Encoder) -> EmbeddedSet | None:
    """The files of a folder and its subfolders; None until they are embedded."""
    with st.form("class_folder", border=False):
        path = st.text_input("Folder on this computer", placeholder="~/Pictures", key="class_folder_path").strip()
        request = st.form_submit_button("Load folder", type="primary")
    if request and path:

        def load(task: Task) -> EmbeddedSet:
            found = scan([path], target=is_media_file)
            files = [Path(file) for file in sorted(found.files)]
            return _embed_uploads(encoder, files, found.unreadable.items(), task)

        _start_embedding(encoder, load, "folder")
    return _get_embedded(encoder, "folder")


def uploads(encoder: Encoder) -> EmbeddedSet | None:
    """The uploaded files; None until they are embedded."""
    with st.form("class_uploads", border=False):
        files = st.file_uploader(
            files_label(),
            accept_multiple_files=True,
            key="class_files",
            help="For this visit only. They are not added to the library.",
            max_upload_size=zip_limit(),
        )
        sent = st.form_submit_button("Load files", type="primary")
    if sent and files:
        report = _save([(file.name, file) for file in files])
        _start_embedding(encoder, partial(_embed_uploads, encoder, report.saved, report.refused), "uploads")
    return _get_embedded(encoder, "uploads")


def camera(encoder: Encoder) -> EmbeddedSet | None:
    """A snapshot; None until it is taken."""
    photo = st.camera_input("Snapshot", key="class_camera", help="For this visit only. It is not stored.")
    if photo is None:
        return None

    def embed() -> EmbeddedSet:
        load_encoder(encoder)
        report = _save([(photo.name or "snapshot.jpg", photo)])
        return replace(embed_files_set(encoder, report.saved), failed=tuple(report.refused))

    return get_cached("camera", photo.file_id, encoder, embed)


def _save(files: Sequence[tuple[str, BinaryIO]]) -> UploadReport:
    return save_uploads(_visit_library(), files, limits=get_policy(), uploaded=get_visit().uploaded())


def _visit_library() -> Library:
    """The folder of the uploads of this visit, as a library; nothing is indexed in it."""
    state = get_state(UploadState)
    if state.library is None:
        state.library = get_visit().library("uploads")
    return state.library


def _embed_uploads(
    encoder: Encoder, paths: Sequence[Path], refused: Iterable[tuple[str, str]], task: Task
) -> EmbeddedSet:
    """refused: (file, reason) of files that were rejected before."""
    embedded_set = embed_files_set(encoder, paths, task=task)
    return replace(embedded_set, failed=(*refused, *embedded_set.failed))


def _start_embedding(encoder: Encoder, work: Work[EmbeddedSet], name: str) -> None:
    """Starts to embed files in the background; a job of the same source that still runs is stopped."""
    load_encoder(encoder)
    st.query_params.pop("item", None)
    jobs = get_state(UploadState).jobs
    if name in jobs:
        jobs[name][1].cancel.set()
    jobs[name] = (encoder.id, start_work("Loading the files", work))


def _get_embedded(encoder: Encoder, name: str) -> EmbeddedSet | None:
    stored = get_state(UploadState).jobs.get(name)
    if stored is None or stored[0] != encoder.id:
        return None
    job = stored[1]
    found = get_result(job)
    if found is not None and job.cancel.is_set():
        st.caption(f"Stopped early: these are the first {counted(len(found), 'file')}.")
    return found
