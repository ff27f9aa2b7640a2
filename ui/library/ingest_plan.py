"""The preview of an index run: what it adds, how videos are sampled, and how long it takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import streamlit as st

from core import Encoder, Library
from core.library.ingest.estimate import Estimate, estimate_ingest
from core.library.ingest.reader import group_by_kind
from core.library.ingest.scan import Scan
from core.media.sampling import Sampling
from ui.button import pressed
from ui.jobs.ingest_job import start_ingest
from ui.jobs.jobs import is_busy, texts_hint
from ui.session.encoders import load_encoder
from ui.session.libraries import Amount
from ui.session.state import get_state
from ui.text import counted, duration_text, plain, size_text

_RATES = (0.2, 0.5, 1.0, 2.0, 4.0)  # frames per second; each step costs about twice as much
_WAYS: dict[str, Literal["rate", "keyframes", "scenes"]] = {
    "at that rate": "rate",
    "keyframes only": "keyframes",
    "one per scene": "scenes",
}


@dataclass(slots=True)
class Plan:
    """Files to add to a library, and estimates by encoder and sampling.

    new: the uploads of this plan, deleted if it is cancelled. texts: whether texts are read, as of `ingest`.
    """

    found: Scan
    title: str
    new: tuple[Path, ...] = ()
    texts: bool | None = None
    estimates: dict[tuple[str, str], Estimate] = field(default_factory=dict)


@dataclass(slots=True)
class PlanState:
    """plans: by (key of the panel, path of the library)."""

    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)


def get_plan(key: str, library: Library) -> Plan | None:
    """The plan of a panel for a library, if there is one."""
    return get_state(PlanState).plans.get((key, str(library.path)))


def set_plan(key: str, library: Library, plan: Plan | None) -> None:
    """Replace the plan of a panel for a library; None forgets it."""
    plans, place = get_state(PlanState).plans, (key, str(library.path))
    if plan is None:
        plans.pop(place, None)
    else:
        plans[place] = plan


def show_plan(library: Library, encoder: Encoder, key: str, *, on_leave: Callable[[], None] | None = None) -> None:
    """The plan of a panel, if there is one: files to add, frames, duration, start and cancel.

    on_leave: called when the visitor cancels.
    """
    plan = get_plan(key, library)
    if plan is None:
        return
    with st.container(border=True, key=f"{key}_box"):
        videos = any(modality.is_sampled for modality, _ in group_by_kind(plan.found.files.values()))
        chosen = _sampling(key) if videos else Sampling()
        sampling = None if chosen == Sampling() else chosen  # None keeps the sampling of known videos
        st.markdown(_show_estimate(_estimate(library, encoder, plan, sampling), plan))
        if plan.found.closed:
            st.caption(f"{len(plan.found.closed):,} files or folders cannot be read; the report will list them.")
        if hint := texts_hint(plan.found.passed_over):
            others = ", ".join(f"{count:,} {plain(ending)}" for ending, count in plan.found.passed_over.most_common(5))
            st.caption(f"Not looked into: {others}.{hint}")
        with st.container(horizontal=True):
            icon = ":material/play_arrow:"
            start = pressed("Start", key=f"{key}_start", type="primary", icon=icon, disabled=is_busy(library))
            left = pressed("Cancel", key=f"{key}_leave")
    if left and on_leave:
        on_leave()
    if start or left:
        set_plan(key, library, None)
    if start:
        start_ingest(library, encoder, plan.title, plan.found.roots, sampling, texts=plan.texts)
    if start or left:
        st.rerun()


def _sampling(key: str) -> Sampling:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fps = st.select_slider(
            "Frames per second of video",
            _RATES,
            value=1.0,
            key=f"{key}_fps",
            format_func=lambda rate: f"{rate:g}",
            width=320,
            help="More frames find shorter moments but take longer. One per second suits most videos.",
        )
        with st.popover("More", icon=":material/tune:"):
            way = st.radio(
                "Which frames",
                list(_WAYS),
                key=f"{key}_by",
                captions=[
                    "Evenly spaced in time.",
                    "Frames stored whole in the file: several times faster, unevenly spaced.",
                    "One at each cut, found by PySceneDetect, and one every 10 seconds between cuts.",
                ],
            )
            st.caption("After a change of these settings, videos already in the library are embedded again.")
    return Sampling(fps, _WAYS[way])


def _estimate(library: Library, encoder: Encoder, plan: Plan, sampling: Sampling | None) -> Estimate:
    key = (encoder.id, str(sampling))
    if key not in plan.estimates:
        load_encoder(encoder)
        with st.spinner("Estimating how long it will take …"):
            plan.estimates[key] = estimate_ingest(plan.found, encoder, sampling, library=library)
    return plan.estimates[key]


def _show_estimate(estimate: Estimate, plan: Plan) -> str:
    amount = Amount(estimate.counts)
    are = "is" if estimate.already_indexed == 1 else "are"
    known = f"{counted(estimate.already_indexed, 'file')} {are} already in the library. "
    if not amount:
        return f"**Nothing new.** {known}"
    length = f" ({duration_text(estimate.video_seconds)})" if estimate.videos else ""
    roots = plan.found.roots
    where = f" in {plain(roots[0])}" if len(roots) == 1 and os.path.isdir(roots[0]) else ""
    return (
        f"**{amount}**{length}, {size_text(estimate.bytes)}{where}. {known if estimate.already_indexed else ''}"
        f"It will take about **{duration_text(max(1.0, estimate.seconds))}**."
    )
