"""Exports moments: a table, a timeline for video editors, and the clips themselves."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import streamlit as st

from core.policy import get_policy
from core.progress import Task
from core.search.moments import Moment
from core.search.videos import VideoHit
from core.share.moments import moments_csv, moments_edl, moments_otio, write_moments_zip
from ui.button import pressed
from ui.errors import boundary
from ui.jobs.work import run_queued
from ui.session.encoders import progress_text
from ui.session.state import get_state
from ui.text import counted, size_text


@dataclass(slots=True)
class ClipsState:
    """The clips that were cut last. mark: of which moments. archive: a zip. left_out: what could not be cut."""

    mark: object = None
    archive: bytes = b""
    left_out: list[str] = field(default_factory=list)


def export_panel(hits: Sequence[VideoHit]) -> None:
    """The pop-up of downloads: of the certain moments, or of all that are shown."""
    redact = get_policy().display_path
    with st.popover("Export moments", icon=":material/download:", key="take_away"), boundary():
        hits = _choose(hits)
        amount = counted(sum(len(hit.moments) for hit in hits), "moment")
        st.caption(f"{amount} of {counted(len(hits), 'video')}, best first.")
        for label, data, name, kind, icon in (
            ("Table (CSV)", moments_csv, "moments.csv", "text/csv", ":material/table:"),
            ("Timeline (OTIO)", moments_otio, "moments.otio", "application/json", ":material/view_timeline:"),
            ("Timeline (EDL)", moments_edl, "moments.edl", "text/plain", ":material/view_timeline:"),
        ):
            st.download_button(
                label, data=partial(_encode, data, hits, redact), file_name=name, mime=kind, icon=icon,
                on_click="ignore", width="stretch",
            )  # fmt: skip
        _clips(hits)


def _encode(write: Callable[..., str], hits: Sequence[VideoHit], redact: Callable[[str], str]) -> bytes:
    return write(hits, redact=redact).encode()


def _choose(hits: Sequence[VideoHit]) -> Sequence[VideoHit]:
    """The hits with their certain moments only, unless the visitor wants all; all where none or each is certain."""
    certain = [replace(hit, moments=moments) for hit in hits if (moments := _find_certain(hit))]
    if not certain or all(moment.is_certain for hit in hits for moment in hit.moments):
        return hits
    return hits if st.toggle("Also the less certain ones", key="all_moments") else certain


def _find_certain(hit: VideoHit) -> tuple[Moment, ...]:
    return tuple(moment for moment in hit.moments if moment.is_certain)


def _clips(hits: Sequence[VideoHit]) -> None:
    """Clips are cut first, with progress, then saved: cutting takes about as long as the clips last."""
    state = get_state(ClipsState)
    mark = tuple((hit.item.id, hit.moments) for hit in hits)
    if state.mark == mark:
        st.download_button(
            f"Save the clips ({size_text(len(state.archive))})", data=state.archive, file_name="moments.zip",
            mime="application/zip", icon=":material/folder_zip:", type="primary", on_click="ignore", width="stretch",
        )  # fmt: skip
        if state.left_out:
            st.caption(f"{counted(len(state.left_out), 'clip')} could not be cut.")
    elif pressed("Cut the clips (zip)", key="press cut_clips", icon=":material/content_cut:", width="stretch"):
        bar = st.progress(0.0, text="Cutting …")
        buffer = io.BytesIO()
        with run_queued("Cutting clips"):
            state.left_out = write_moments_zip(
                hits, buffer, redact=get_policy().display_path,
                task=Task(lambda now: bar.progress(now.fraction, text=progress_text(now))),
            )  # fmt: skip
        state.mark, state.archive = mark, buffer.getvalue()
        st.rerun()
