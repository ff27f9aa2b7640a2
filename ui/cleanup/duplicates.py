"""Duplicates in the library, and files of one folder with a copy in another."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Encoder, Library
from core.cleanup.findings import DuplicateGroup, DuplicatesFound, find_leaks_between, find_library_duplicates
from core.library.points import Unit
from ui.cleanup.pager import Pair, in_pages, size_facts
from ui.cleanup.selection import choose_row, get_chosen
from ui.components.gallery.gallery import Card
from ui.jobs.tasks import task_button
from ui.session.folders import list_folders
from ui.session.libraries import library_facts
from ui.text import counted, file_table, plain, size_text
from ui.widgets.page_start import ready

_GROUPS = 24  # a page
_SHOWN = 12  # files per group


def duplicates_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """Groups of duplicates, the best copy first."""
    facts = library_facts(library, encoder)
    if not ready(library, encoder, facts):
        return
    videos = bool(facts.searchable.videos)
    frames = videos and st.toggle(
        "Include frames of videos",
        key="frames",
        bind="query-params",
        help="Also compares every picture with every frame of the videos. Takes longer.",
    )
    of: Unit = "frames" if frames else "items"
    found = task_button(
        "duplicates",
        "Find duplicates",
        lambda task: find_library_duplicates(library, encoder, of=of, task=task),
        title="Comparing",
        about=(str(library.path), encoder.id, of),
        state=library.index(encoder),
        icon=":material/content_copy:",
        note=f"Compares {facts.searchable} by file content, then by embedding, then by pixels.",
    )
    if found is not None:
        _warn_of_whole(library, found)
        _show(library, found, "Choose all but the best", "best", key="duplicates", pages=pages)


def leaks_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """Files of one folder with a copy in another, such as test pictures among the training pictures."""
    if not ready(library, encoder, library_facts(library, encoder)):
        return
    shown = list_folders(library, encoder)
    choices = list(shown)
    if len(choices) < 2:
        st.info("All files of this library are in one folder: there are no two to compare.", icon=":material/folder:")
        return
    left, right = st.columns(2)
    first = left.selectbox(
        "Which files of", choices, index=None, key="of_folder", bind="query-params", format_func=shown.__getitem__
    )
    second = right.selectbox(
        "have a copy in", choices, index=None, key="in_folder", bind="query-params", format_func=shown.__getitem__
    )
    st.caption("Training pictures that are also test pictures make test results look too good.")
    if first is None or second is None:
        return
    if first == second:
        st.info("Choose two different folders.", icon=":material/folder:")
        return
    found = task_button(
        "leaks",
        "Compare folders",
        lambda task: find_leaks_between(library, encoder, first, second, task=task),
        title="Comparing",
        about=(str(library.path), encoder.id, first, second),
        state=library.index(encoder),
        icon=":material/compare_arrows:",
    )
    if found is not None:
        names = [Path(folder).name or folder for folder in (first, second)]
        _show(library, found, f"Choose all of {plain(names[0])}", f"in {names[1]}", key="leaks", pages=pages)


def _show(
    library: Library, found: DuplicatesFound, choose: str, badge: str, *, key: str, pages: DeltaGenerator
) -> None:
    """choose: label of the button for all copies. badge: on the best copy of each group."""
    spare, groups = found.spare, found.groups
    if found.unread:
        with st.expander(f"{counted(len(found.unread), 'file')} could not be read; their copies may be missing here"):
            file_table([(item.path, reason) for item, reason in found.unread], key=f"{key} unread")
    if not groups:
        st.success("No file here is a copy of another.", icon=":material/check_circle:")
        return
    count = len({finding.item.id for finding in spare})
    size = size_text(sum({finding.item.id: finding.item.bytes for finding in spare}.values()))
    what = f"; {counted(count, 'file')} could be removed, {size}" if count else ""
    st.markdown(f"#### {counted(len(groups), 'group')} of copies{what}")
    exact = sum(group.is_exact for group in groups)
    st.caption(
        f"{counted(exact, 'group')} of identical files, {len(groups) - exact:,} of nearly identical pictures.",
        help="The number below a copy is its cosine to the best copy: 1 is identical.",
    )
    choose_row(library, spare, choose, key=key)
    in_pages(library, groups, partial(_cards, badge), key=key, per_page=_GROUPS, pages=pages, framed=True)


def _warn_of_whole(library: Library, found: DuplicatesFound) -> None:
    chosen = get_chosen(library)
    whole = sum(all(finding.item.id in chosen for finding in group.findings) for group in found.groups)
    if whole:
        st.warning(
            f"In {counted(whole, 'group')} every copy is chosen, including the best: none would be left.",
            icon=":material/warning:",
        )


def _cards(badge: str, number: int, group: DuplicateGroup) -> list[Pair]:
    findings = group.findings[:_SHOWN]
    more = f", the first {_SHOWN} of {len(group.findings):,}" if len(group.findings) > _SHOWN else ""
    title = f"{number:,} · {'identical files' if group.is_exact else 'nearly identical'}{more}"
    return [
        (
            finding,
            Card(
                finding.item,
                facts=size_facts(finding),
                section=title,
                badge="" if place else badge,
                about="" if place else group.reason,
                time_s=finding.time_s,
            ),
        )
        for place, finding in enumerate(findings)
    ]
