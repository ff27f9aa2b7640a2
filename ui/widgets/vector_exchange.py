"""Exports vectors of a library or of some items, and imports vectors made elsewhere."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Collection
from functools import partial
from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.library.public.session_folders import make_visit_folder
from core.library.schema import EncoderEntry
from core.policy import get_policy
from core.progress import Task
from core.share.vector_export import estimate_bytes, export_vectors
from core.share.vector_formats import export_formats, import_formats
from core.share.vector_import import ImportReport, import_vectors
from ui.errors import boundary
from ui.jobs.jobs import is_busy
from ui.jobs.tasks import task_button
from ui.jobs.work import run_queued
from ui.session.current import use_encoder
from ui.session.encoders import encoder_name, is_offered
from ui.session.libraries import may_change
from ui.text import counted, file_limit, file_table, plain, size_text
from ui.widgets.code_block import in_python, library_text

MOST_BYTES = 300_000_000  # for a download; the command line writes more
_MOST_ITEMS = 5_000  # exported while the visitor waits

_Written = tuple[tempfile.TemporaryDirectory[str], Path]  # keeps the folder, and so the file, alive


def export_section(library: Library, encoder: Encoder) -> None:
    """Export the vectors of a library and the metadata of their items as a file."""
    entries = {entry.id: entry for entry in library.encoders()}
    st.markdown("**Export vectors**")
    if not entries:
        st.caption("There are no vectors yet: add photos or videos first.")
        return
    ids = sorted(entries, key=lambda encoder_id: encoder_id != encoder.id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        titles = [encoder_name(entries[value].name) for value in ids]
        if len(set(titles)) < len(ids):  # two weights of one encoder
            titles = [f"{title} ({value})" for title, value in zip(titles, ids, strict=True)]
        # by title, as the browser names a choice: of other weights under the same title the session would keep the id
        title = st.selectbox("Vectors of", titles, key="export_encoder", width=280)
        chosen = ids[titles.index(title)]
        formats = export_formats()
        suffix = st.selectbox(
            "Format", list(formats), format_func=lambda value: formats[value].title, key="export_format", width=240
        )
        sprite = formats[suffix].has_sprite and st.checkbox("With thumbnails", key="export_sprite")
    st.caption(formats[suffix].about)
    entry = entries[chosen]
    size = estimate_bytes(entry.vectors, entry.dim, suffix)
    if size > MOST_BYTES:
        st.info(f"About {size_text(size)}: too large for a download in the browser.", icon=":material/terminal:")
        if get_policy().may_see_paths:
            where = shlex.quote(str(library.path))
            st.code(f"python -m core export --library {where} --out vectors{suffix}", language="bash")
    else:
        _export(library, entry, suffix, sprite, size)
    lines = f"""
        from core import Library
        from core.share.vector_export import export_vectors

        report = export_vectors(Library({library_text(library)!r}), {entry.id!r}, "vectors{suffix}")
        print(report.vectors, report.dim, report.path)
        """
    in_python(lines)


def _export(library: Library, entry: EncoderEntry, suffix: str, sprite: bool, size: int) -> None:
    about = (str(library.path), entry, suffix, sprite)

    def write(task: Task) -> _Written:
        folder = make_visit_folder()
        path = Path(folder.name) / f"vectors{suffix}"
        export_vectors(library, entry.id, path, sprite=sprite, redact=get_policy().display_path, task=task)
        return folder, path

    note = f"{counted(entry.vectors, 'vector')} of {entry.dim} dimensions: about {size_text(size)}."
    made = task_button("export", "Create the file", write, title="Writing the vectors", about=about, note=note)
    if made is not None:
        path = made[1]
        st.download_button(
            f"Download ({size_text(path.stat().st_size)})",
            data=path.read_bytes,
            file_name=path.name,
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )


def export_item_vectors(library: Library, encoder: Encoder, item_ids: Collection[str], *, key: str) -> None:
    """The pop-up that exports the vectors of some items."""
    fits = 0 < len(item_ids) <= _MOST_ITEMS
    with st.popover("Vectors", icon=":material/data_array:", disabled=not item_ids, key=f"vectors {key}"), boundary():
        st.caption(f"Vectors of {counted(len(item_ids), 'item')}; videos have one for each frame.")
        if not fits:
            st.caption(f"More than {_MOST_ITEMS:,} items: export them on the page Library.")
            return
        for suffix, format in export_formats().items():
            st.download_button(
                format.title,
                data=partial(_export_items, library, encoder, item_ids, suffix),
                file_name=f"vectors{suffix}",
                help=format.about,
                on_click="ignore",
                width="stretch",
                key=f"vectors {key} {suffix}",
            )


def _export_items(library: Library, encoder: Encoder, item_ids: Collection[str], suffix: str) -> bytes:
    with make_visit_folder() as folder, run_queued("Writing vectors"):
        path = Path(folder) / f"vectors{suffix}"
        export_vectors(library, encoder.id, path, item_ids=item_ids, redact=get_policy().display_path)
        return path.read_bytes()


def import_section(library: Library) -> None:
    """Import vectors from a file, as a new encoder or as the one that made them."""
    st.markdown("**Import vectors**")
    st.caption(
        "A Parquet or NPZ file with paths and vectors, exported here or made elsewhere.",
        help="Parquet: a column of paths and a column of number lists. NPZ: an array of paths and an array of vectors. "
        "All vectors have the same length, 2 to 4,096. They get a map, clusters, neighbors and “More like this”; typed "
        "words need the encoder that made them.",
    )
    if not may_change(library):
        st.caption("This library is shared and read-only: start one for this visit first.")
        return
    limit = file_limit(1000)
    types = [suffix.removeprefix(".") for suffix in import_formats()]
    file = st.file_uploader("File of vectors", type=types, key="import_file", max_upload_size=limit)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name", key="import_name", placeholder="name of the file", max_chars=60, width=240)
        root = ""
        if get_policy().may_see_paths:
            note = "Where to find files that are not in the library yet. Empty: paths are used unchanged."
            root = st.text_input("Folder of relative paths", key="import_root", help=note, width=320)
    if file is None:
        return

    def work(task: Task) -> ImportReport:
        with make_visit_folder() as folder:
            path = Path(folder) / f"vectors{Path(file.name).suffix}"
            path.write_bytes(file.getbuffer())
            title = (name or "").strip() or Path(file.name).stem[:60]
            new_files = get_policy().may_see_paths
            return import_vectors(
                library,
                path,
                name=title,
                root=root or None,
                new_files=new_files,
                may_open=is_offered,
                limits=get_policy(),
                task=task,
            )

    made_from = (str(library.path), file.file_id, name, root)
    if (
        not is_busy(library)
        and (report := task_button("import", "Import", work, title="Importing", about=made_from)) is not None
    ):
        _imported(report)


def _imported(report: ImportReport) -> None:
    new = f", {report.added:,} of them new to the library" if report.added else ""
    more = ""
    if report.labels or report.captions:
        more = f" {report.labels:,} labels and {report.captions:,} captions were imported too."
    st.success(
        f"{counted(report.vectors, 'vector')} of {counted(report.items, 'item')}{new}, as "
        f"{plain(encoder_name(report.encoder))}.{more}",
        icon=":material/check:",
    )
    st.button("Use these vectors", on_click=use_encoder, args=(report.encoder,), type="primary")
    if report.left_out:
        st.markdown(f"{counted(len(report.left_out), 'row')} left out:")
        file_table([(get_policy().display_path(path), why) for path, why in report.left_out], key="import_left_out")
