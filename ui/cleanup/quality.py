"""Pictures that are too small, blurred or too dark, by adjustable limits."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import Encoder, Library
from core.cleanup.findings import Finding, find_blurred, find_dark, find_small, measure_library_quality
from core.cleanup.image_quality import BLURRED, DARK, SMALL, QualityReport
from ui.cleanup.pager import Pair, in_pages, size_facts
from ui.cleanup.selection import choose_row
from ui.components.gallery.gallery import Card
from ui.jobs.tasks import task_button
from ui.session.libraries import count_amount
from ui.text import counted, file_table, size_text

_PER_PAGE = 48
_WIDTH = 320  # pixels of a slider


def small_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """Small pictures and videos; the library stores their size."""
    below = st.slider("Shorter side below (pixels)", 16, 1200, SMALL, 4, key="small", bind="query-params", width=_WIDTH)
    _show(library, find_small(library, below), f"less than {below:,} pixels wide or high", key="small", pages=pages)


def blurred_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """Pictures without any sharp part."""
    report = _get_measured(library, encoder)
    if report is None:
        return
    below = st.slider(
        "Sharpness below",
        0.0,
        40.0,
        BLURRED,
        0.5,
        key="blurred",
        bind="query-params",
        width=_WIDTH,
        help="Of the sharpest parts of a picture, in gray levels. Most photos have 20 to 60. Fog, night and soft "
        "drawings are low too: look before you choose.",
    )
    _show(library, find_blurred(report, below), f"with a sharpness below {below:g}", key="blurred", pages=pages)


def dark_section(library: Library, encoder: Encoder, pages: DeltaGenerator) -> None:
    """Dark pictures."""
    report = _get_measured(library, encoder)
    if report is None:
        return
    below = st.slider(
        "Brightness below",
        0,
        50,
        round(100 * DARK),
        1,
        format="%d %%",
        key="dark",
        bind="query-params",
        width=_WIDTH,
        help="Mean of a picture: 0 % is black, 100 % is white. Photos taken at night have about 15 to 25 %.",
    )
    _show(library, find_dark(report, below / 100), f"with a brightness below {below} %", key="dark", pages=pages)


def _get_measured(library: Library, encoder: Encoder) -> QualityReport | None:
    """The measured quality, shared by both sections; None until the visitor starts it."""
    amount = count_amount(library)
    if not amount.pictures:
        st.info("This library holds no pictures.", icon=":material/imagesmode:")
        return None
    report = task_button(
        "quality",
        "Measure the pictures",
        lambda task: measure_library_quality(library, task=task),
        title="Measuring",
        about=str(library.path),
        state=library.index(encoder),
        icon=":material/straighten:",
        note=f"Measures the sharpness and brightness of {counted(amount.pictures, 'picture')} once.",
    )
    if report is not None and report.unreadable:
        with st.expander(f"{counted(len(report.unreadable), 'picture')} could not be read"):
            file_table([(item.path, reason) for item, reason in report.unreadable], key="quality_unread")
    return report


def _show(library: Library, found: Sequence[Finding], what: str, *, key: str, pages: DeltaGenerator) -> None:
    if not found:
        st.success(f"There is no file {what}.", icon=":material/check_circle:")
        return
    size = size_text(sum(finding.item.bytes for finding in found))
    st.markdown(f"#### {counted(len(found), 'file')} {what}, {size}")
    choose_row(library, found, f"Choose all {len(found):,}", key=f"choose {key}")
    in_pages(library, found, _card, key=f"found {key}", per_page=_PER_PAGE, pages=pages)


def _about(finding: Finding) -> str:
    return "" if finding.why.startswith("small") else finding.why  # the card shows its pixels anyway


def _card(_: int, finding: Finding) -> list[Pair]:
    return [(finding, Card(finding.item, facts=size_facts(finding), about=_about(finding)))]
