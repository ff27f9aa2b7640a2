"""Pictures that do not belong, and files that cannot be read."""

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
_OUTLIERS = 24  # a page, each with its neighbours
_NEAR = 4
_TOP = 1_000


def outliers_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """What resembles nothing else here, with the files that it is still likest to."""
    facts = library_facts(library, encoder)
    if not ready(library, encoder, facts):
        return
    found = task_button(
        "outliers",
        "Find outliers",
        lambda report, cancel: find_library_outliers(library, encoder, top=_TOP, on_progress=report, cancel=cancel),
        title="Comparing",
        about=(str(library.path), encoder.id),
        state=library.index(encoder),
        icon=":material/blur_circular:",
        note=f"Among {facts.searchable}: what is far from everything else, alone or in a small group.",
    )
    if found is None:
        return
    least = st.slider(
        "Unusual at least",
        0.0,
        1.0,
        UNUSUAL,
        0.01,
        key="unusual",
        bind="query-params",
        width=320,
        help="0: as near to others as most are. One photo in twelve is above 0.4, one in a hundred above 0.5.",
    )
    shown = [entry for entry in found if entry.score >= least]
    if not shown:
        st.success("Nothing here is that unusual.", icon=":material/check_circle:")
        return
    more = f", the {_TOP:,} most unusual" if len(shown) == _TOP else ""
    st.markdown(f"#### {counted(len(shown), 'file')} unlike the others{more}")
    st.caption("The most unusual first; the small pictures are what it is still likest to. Rare is not bad: look.")
    choose_row(library, [entry.finding for entry in shown], f"Choose all {len(shown):,}", key="outliers")
    in_pages(library, shown, _outlier_card, key="outliers", per_page=_OUTLIERS, pages=pages)


def _outlier_card(_: int, each: OutlierFinding) -> list[Pair]:
    facts = Facts(
        each.score,
        size_facts(each.finding).text,
        "Width and height in pixels, and the size of the file",
        f"{each.score:.2f}",
        "How unusual, 0 to 1: as near to others as most are, or far from all",
    )
    return [(each.finding, Card(each.finding.item, facts=facts, about=each.finding.why, near=each.neighbors[:_NEAR]))]


def unreadable_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """The files that could not be read when they were last looked at, each with its reason."""
    found = find_unreadable(library)
    if not found:
        st.success("Every file could be read when it was last looked at.", icon=":material/check_circle:")
        return
    size = size_text(sum(entry.item.bytes for entry in found))
    st.markdown(f"#### {counted(len(found), 'file')} could not be read, or only in part")
    st.caption(f"{size} in all. Each says why; a copy from where the file came from may be whole.")
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
