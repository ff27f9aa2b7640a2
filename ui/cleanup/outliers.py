"""Outliers and unreadable files."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Encoder, Library
from core.cleanup.findings import OutlierFinding, find_library_outliers, find_unreadable
from core.cleanup.outliers import UNUSUAL
from ui.cleanup.pager import Pair, in_pages, size_facts
from ui.cleanup.selection import choose_row
from ui.components.gallery.gallery import Card, Facts
from ui.jobs.tasks import task_button
from ui.session.libraries import library_facts
from ui.text import counted, size_text
from ui.widgets.page_start import ready

_PER_PAGE = 48
_OUTLIERS = 24  # per page, each with its neighbors
_NEAR = 4
_TOP = 1_000


def outliers_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """Files unlike the others, each with the files most similar to it."""
    facts = library_facts(library, encoder)
    if not ready(library, encoder, facts):
        return
    found = task_button(
        "outliers",
        "Find outliers",
        lambda task: find_library_outliers(library, encoder, top=_TOP, task=task),
        title="Comparing",
        about=(str(library.path), encoder.id),
        state=library.index(encoder),
        icon=":material/blur_circular:",
        note=f"Looks among {facts.searchable} for files far from all others, alone or with a few like them.",
    )
    if found is None:
        return
    least = st.slider(
        "Outlier score at least",
        0.0,
        1.0,
        UNUSUAL,
        0.01,
        key="unusual",
        bind="query-params",
        width=320,
        help="0: as close to others as most are. About one photo in a hundred is above 0.55, one in twelve above 0.4.",
    )
    shown = [outlier for outlier in found if outlier.score >= least]
    if not shown:
        st.success("Nothing here is that unusual. Lower the score to see more.", icon=":material/check_circle:")
        return
    more = f", the {_TOP:,} most unusual" if len(shown) == _TOP else ""
    st.markdown(f"#### {counted(len(shown), 'file')} unlike the others{more}")
    st.caption(
        "Most unusual first; the small pictures are the most similar files. Rare does not mean bad: look before you "
        "choose."
    )
    in_pages(library, shown, _outlier_card, key="outliers", per_page=_OUTLIERS, pages=pages)


def _outlier_card(_: int, outlier: OutlierFinding) -> list[Pair]:
    finding = outlier.finding
    facts = Facts(
        outlier.score,
        size_facts(finding).text,
        "Width and height in pixels, and the size of the file",
        f"{outlier.score:.2f}",
        "Outlier score, 0 to 1: 0 is as close to others as most are, 1 is far from all",
    )
    return [(finding, Card(finding.item, facts=facts, about=finding.why, near=outlier.neighbors[:_NEAR]))]


def unreadable_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """The files that could not be read at the last check, each with its reason."""
    found = find_unreadable(library)
    if not found:
        st.success("Every file could be read at the last check.", icon=":material/check_circle:")
        return
    size = size_text(sum(finding.item.bytes for finding in found))
    st.markdown(f"#### {counted(len(found), 'file')} could not be read, or only in part")
    st.caption(f"{size} in all. Each card shows the reason; a fresh copy of the file may be intact.")
    choose_row(library, found, f"Choose all {len(found):,}", key="unreadable")
    in_pages(
        library,
        found,
        lambda _, value: [
            (value, Card(value.item, facts=size_facts(value), about=value.why if value.item.status == "ok" else ""))
        ],
        key="unreadable",
        per_page=_PER_PAGE,
        pages=pages,
    )
