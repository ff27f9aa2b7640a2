"""Manages libraries: checks for changes, encoders, problems, creating and removing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.encoders import get_base_name
from core.library.ingest.known import find_outdated
from core.library.ingest.reembed import reembed
from core.library.registry import create_library, forget_library, libraries_folder, remember_library
from core.library.removed import (
    KEPT,
    RemovedLibrary,
    can_be_undone,
    list_removed,
    remove_library,
    restore_library,
)
from core.library.schema import EncoderEntry
from core.policy import get_policy
from ui.button import pressed
from ui.errors import boundary
from ui.jobs.ingest_job import start_ingest
from ui.jobs.jobs import dismiss_job, is_busy, start_job
from ui.session.cache import get_cached
from ui.session.current import (
    Choice,
    is_made_with_earlier_weights,
    newest_encoder,
    use_encoder,
    use_library,
)
from ui.session.encoders import encoder_name
from ui.session.libraries import (
    LibraryFacts,
    damaged_items,
    is_session_library,
    leave_visit_library,
    library_key,
    may_change,
    start_visit_library,
    top_folders,
)
from ui.session.state import get_state
from ui.text import counted, file_table, plain, size_text
from ui.widgets.page_start import embed_button


def check_button(library: Library, encoder: Encoder) -> None:
    """Scan the library's folders again."""
    if may_change(library) and pressed(
        "Check for changes",
        key="check_changes",
        icon=":material/sync:",
        disabled=is_busy(library),
        help="Scans the folders of this library again for new, changed, moved and missing files, and tries unreadable "
        "ones again.",
    ):
        folders = top_folders(library.items()["path"].to_pylist())
        start_ingest(library, encoder, "Checking for changes", folders)
        st.rerun()


def outdated_note(library: Library) -> None:
    """How many files the next check decodes again, and why."""
    outdated = get_cached("outdated", library.items_version(), library, lambda: find_outdated(library))
    if outdated and may_change(library):
        st.caption(f"At the next check, {outdated}")


def weights_note(library: Library, encoder: Encoder) -> None:
    """Where the library is searched with earlier weights: that there are better ones, and a button to get them."""
    if is_busy(library) or not (may_change(library) and is_made_with_earlier_weights(library, encoder)):
        return
    newest = newest_encoder()
    versions = (library.versions(encoder.id), library.versions(newest.id))
    count = get_cached("to reembed", versions, library, lambda: len(library.list_to_reembed(newest)))
    with st.container(horizontal=True, vertical_alignment="center", key="earlier_weights"):
        st.markdown(
            ":material/upgrade: This library was made with earlier weights. Search works; embed again "
            f"({counted(count, 'item')}) to get the better ones.",
            width="stretch",
        )
        if pressed("Embed again", key="reembed", icon=":material/deployed_code_update:"):
            start_job(library, "Embedding again", lambda task: reembed(library, newest, task=task))
            st.rerun()


def encoder_section(library: Library, encoder: Encoder, facts: LibraryFacts) -> None:
    """The encoders of the library: complete the vectors of the one in use, or delete those of any."""
    if facts.waiting:
        embed_button(library, encoder, facts)
    for entry in library.encoders():
        with st.container(horizontal=True, vertical_alignment="center", key=f"encoder {entry.id}"):
            used = " · in use" if entry.id == encoder.id else ""
            if entry.name == encoder.name and not used:
                used = " · other weights, by which nothing is searched now"
            st.markdown(
                f"**{plain(encoder_name(entry.name))}**{used}  \n"
                f":gray[{counted(entry.vectors, 'vector')} of {entry.dim} dimensions · {plain(entry.id)}]",
                width="stretch",
            )
            if may_change(library):
                st.button(
                    "Delete vectors",
                    key=f"drop {entry.id}",
                    disabled=is_busy(library),
                    on_click=_drop,
                    args=(library, entry),
                    help="The pictures and videos stay in the library and can be embedded again.",
                )


def _drop(library: Library, entry: EncoderEntry) -> None:
    with boundary():
        library.drop_encoder(entry.id)
        whole = get_base_name(entry.name)
        if whole is not None and get_state(Choice).encoder == entry.name:
            use_encoder(whole)  # a derived encoder is of no use without vectors


def problem_section(library: Library, facts: LibraryFacts) -> None:
    """Unreadable files with reasons, files read in part, and missing files."""
    if facts.failed:
        failed = counted(facts.failed, "file")
        st.markdown(f"**{failed} could not be read, or not to the end.** Each check tries them again.")
        file_table([(item.path, item.reason or "") for item in library.failures()], key="failures")
    if facts.damaged:
        st.markdown(f"**{counted(facts.damaged, 'file')} could be read in part only.** That part is searchable.")
        file_table([(item.path, item.reason or "") for item in damaged_items(library)], key="damaged")
    if facts.missing:
        st.markdown(
            f"**{counted(facts.missing, 'file')} missing** since the last check. "
            "If they come back, the next check finds them again."
        )
        if may_change(library) and pressed(
            "Remove from library", key="forget_missing", icon=":material/delete_sweep:", disabled=is_busy(library)
        ):
            st.toast(f"Removed {counted(library.purge_missing(), 'missing file')} from the library.")
            st.rerun()


def library_section() -> None:
    """Three ways to another library: new, existing, or for this visit. Public mode has only the last."""
    if not get_policy().may_write_shared:
        _visit_section()
        return
    new, existing, visit = st.columns(3)
    with new, st.form("create", border=True):
        st.markdown("**New library**")
        st.text_input("Name", key="new_library", placeholder="Holidays")
        st.form_submit_button("Create", on_click=_create)
    with existing, st.form("open", border=True):
        st.markdown("**Existing library**")
        path = st.text_input("Library folder", placeholder="/data/my-library")
        if st.form_submit_button("Open") and path.strip():
            with boundary():
                use_library(library_key(remember_library(path.strip()).path))
                st.rerun()
    with visit:
        _visit_section()
    _removed_section()


def _create() -> None:
    """In a callback, which runs once for Enter or a click, however many of them come."""
    with boundary():
        library = create_library(st.session_state["new_library"])
        use_library(library_key(library.path))
        st.session_state["new_library"] = ""
        st.toast(f"{plain(library.name)} is ready: add files.")


def _removed_section() -> None:
    for removed in list_removed():
        with st.container(horizontal=True, vertical_alignment="center"):
            gone = (removed.removed_at + KEPT).strftime("%d %b")
            st.caption(f":material/delete: {plain(removed.name)} was removed; it can be restored until {gone}.")
            st.button("Restore", key=f"restore {removed.path}", type="tertiary", on_click=_restore, args=(removed,))


def _restore(removed: RemovedLibrary) -> None:
    with boundary():
        use_library(library_key(restore_library(removed).path))


def _visit_section() -> None:
    with st.container(border=True):
        st.markdown("**Only for this visit**")
        st.caption("Try your own files: only you see this library, and it is deleted soon after you close this tab.")
        if pressed("Start library", key="start_visit_library"):
            use_library(start_visit_library())
            st.rerun()


def remove_button(library: Library) -> None:
    """Remove the library, after confirmation."""
    if may_change(library) and pressed(
        "Remove this library …", key="remove_library", icon=":material/delete:", disabled=is_busy(library)
    ):
        _confirm_removal(library)


@st.dialog("Remove this library?")
def _confirm_removal(library: Library) -> None:
    with boundary():
        uploads = sum(1 for path in (library.path / "uploads").rglob("*") if path.is_file())
        st.markdown(f"**{plain(library.name)}**")
        if get_policy().may_see_paths:
            st.code(str(library.path), language=None, wrap_lines=True)
        inside = [
            f"vectors ({size_text(library.size_bytes())})",
            *([counted(uploads, "uploaded file")] if uploads else []),
            *([counted(len(library.labels()), "label")] if library.labels() else []),
            *([counted(len(library.captions()), "caption")] if library.captions() else []),
        ]
        st.markdown(f"This removes {', '.join(inside)}. Your own files, trained classifiers and concepts stay.")
        days = KEPT.days
        st.markdown(
            f"It can be restored on this page for {days} days." if can_be_undone(library) else "This cannot be undone."
        )
        with st.container(horizontal=True):
            left = [st.button("Delete", type="primary", on_click=_delete, args=(library,))]
            if _made_elsewhere(library):
                left.append(st.button("Only remove from the list", on_click=_leave, args=(library,)))
            left.append(st.button("Cancel"))
        if any(left):
            st.rerun()


def _delete(library: Library) -> None:
    with boundary():
        if can_be_undone(library):
            remove_library(library)
        else:
            library.delete()
        _leave(library)


def _leave(library: Library) -> None:
    """Close a library in this session, and remove one made elsewhere from the list."""
    dismiss_job(library)
    if _made_elsewhere(library):
        forget_library(library.path)
    if is_session_library(library):
        leave_visit_library()
    use_library(None)


def _made_elsewhere(library: Library) -> bool:
    return not is_session_library(library) and Path(library.path).parent != libraries_folder()
