"""Copies: of one picture in the library, and of files of one folder in another."""

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
from ui.session.cache import get_cached
from ui.session.libraries import folders, library_facts, relative
from ui.text import counted, file_table, plain, size_text
from ui.widgets.page_start import ready

_GROUPS = 24  # a page
_SHOWN = 12  # files of one group


def duplicates_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """Groups of files that show the same, the one to keep first."""
    facts = library_facts(library, encoder)
    if not ready(library, encoder, facts):
        return
    videos = bool(facts.searchable.videos)
    frames = videos and st.toggle(
        "Also pictures that are in a video",
        key="frames",
        bind="query-params",
        help="Compares every picture with every frame of the videos. Takes longer.",
    )
    of: Unit = "frames" if frames else "items"
    found = task_button(
        "duplicates",
        "Find duplicates",
        lambda report, cancel: find_library_duplicates(library, encoder, of=of, on_progress=report, cancel=cancel),
        title="Comparing",
        about=(str(library.path), encoder.id, of),
        state=library.index(encoder),
        icon=":material/content_copy:",
        note=f"Among {facts.searchable}: by content, then by what they show, then by their pixels.",
    )
    if found is not None:
        _warn_of_whole(library, found)
        _show(library, found, "Choose all but the best", "best", key="duplicates", pages=pages)


def leaks_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """Files of one folder that have a copy in another, such as pictures to test on among those to train on."""
    if not ready(library, encoder, library_facts(library, encoder)):
        return
    index = library.index(encoder)
    choices = get_cached("all folders", None, index, lambda: list(folders(index.items["path"].to_pylist())))
    if len(choices) < 2:
        st.info("All files of this library lie in one folder: there are no two to compare.", icon=":material/folder:")
        return
    left, right = st.columns(2)
    shown = dict(zip(choices, relative(choices), strict=True))
    first = left.selectbox(
        "Which files of", choices, index=None, key="of_folder", bind="query-params", format_func=shown.__getitem__
    )
    second = right.selectbox(
        "have a copy in", choices, index=None, key="in_folder", bind="query-params", format_func=shown.__getitem__
    )
    st.caption("Pictures to train on that are also among those to test on make a test look better than it is.")
    if first is None or second is None:
        return
    if first == second:
        st.info("Choose two different folders.", icon=":material/folder:")
        return
    found = task_button(
        "leaks",
        "Compare them",
        lambda report, cancel: find_leaks_between(library, encoder, first, second, on_progress=report, cancel=cancel),
        title="Comparing",
        about=(str(library.path), encoder.id, first, second),
        state=index,
        icon=":material/compare_arrows:",
    )
    if found is not None:
        names = [Path(entry).name or entry for entry in (first, second)]
        _show(library, found, f"Choose all of {plain(names[0])}", f"in {names[1]}", key="leaks", pages=pages)


def _show(
    library: Library, found: DuplicatesFound, choose: str, badge: str, *, key: str, pages: DeltaGenerator
) -> None:
    """choose: what the button for all copies says. badge: on the one of each group that stays."""
    spare, groups = found.spare, found.groups
    if found.unread:
        with st.expander(f"{counted(len(found.unread), 'file')} could not be read; copies of these may go unfound"):
            file_table([(item.path, reason) for item, reason in found.unread], key=f"{key} unread")
    if not groups:
        st.success("No file here is a copy of another.", icon=":material/check_circle:")
        return
    count = len({entry.item.id for entry in spare})
    size = size_text(sum({entry.item.id: entry.item.bytes for entry in spare}.values()))
    what = f"; {counted(count, 'file')} could go, {size}" if count else ""
    st.markdown(f"#### {counted(len(groups), 'group')} of copies{what}")
    exact = sum(entry.is_exact for entry in groups)
    st.caption(
        f"{counted(exact, 'group')} of equal files, {len(groups) - exact:,} of pictures that are nearly the same. "
        "The number below a copy is its cosine to the one that stays: 1 is the same."
    )
    choose_row(library, spare, choose, key=key)
    in_pages(library, groups, partial(_cards, badge), key=key, per_page=_GROUPS, pages=pages, framed=True)


def _warn_of_whole(library: Library, found: DuplicatesFound) -> None:
    cached = get_chosen(library)
    whole = sum(all(finding.item.id in cached for finding in group.findings) for group in found.groups)
    if whole:
        st.warning(
            f"In {counted(whole, 'group')} every copy is chosen, the best copy too: nothing would be left of these.",
            icon=":material/warning:",
        )


def _cards(badge: str, number: int, group: DuplicateGroup) -> list[Pair]:
    findings = group.findings[:_SHOWN]
    more = f", the first {_SHOWN} of {len(group.findings):,}" if len(group.findings) > _SHOWN else ""
    title = f"{number:,} · {'the same file' if group.is_exact else 'nearly the same'}{more}"
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
