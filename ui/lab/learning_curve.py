"""The learning curve: accuracy against labeled pictures per class, and the gain of more labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import get_args

import streamlit as st

from core import Encoder
from core.classify.training import ClassKind
from core.classify.validation import SHOTS, LearningCurve, compute_learning_curve
from core.classify.zero_shot import ZeroShot
from core.library.labels import LabeledItems
from core.plots.lab import learning_curves
from core.progress import Task
from ui.button import pressed
from ui.jobs.jobs import Job
from ui.jobs.work import get_result, start_work
from ui.lab.methods import class_words
from ui.session.state import get_state
from ui.text import counted, plain

_KINDS: tuple[ClassKind, ...] = get_args(ClassKind)


@dataclass(slots=True)
class CurveState:
    """The last learning curve that was requested: of which data, with which encoder, and its job."""

    data: LabeledItems | None = None
    encoder_id: str = ""
    job: Job[LearningCurve] | None = None


def curve_section(encoder: Encoder, data: LabeledItems) -> None:
    """The curve, once it was requested, and the estimated gain. Raises DataError."""
    state = get_state(CurveState)
    job = state.job if state.data is data and state.encoder_id == encoder.id else None
    if job is None or job.error is not None:
        if job is not None:
            get_result(job)
        st.caption(
            f"Trains on up to {', '.join(map(str, SHOTS))} pictures per class, five times with different pictures, and "
            "measures the accuracy on held-out ones."
        )
        if pressed("Draw the learning curve", type="primary", icon=":material/trending_up:", key="draw_curve"):
            if state.job is not None:
                state.job.cancel.set()
            work = partial(_compute, encoder, data, class_words(encoder, data))
            state.data, state.encoder_id, state.job = data, encoder.id, start_work("Training", work)
            st.rerun()
        return
    curve = get_result(job)
    if curve is None:
        return
    _sentence(curve)
    st.plotly_chart(
        learning_curves(curve, methods=_KINDS),
        key="curve",
        config={"displayModeBar": False},
        alt="Accuracy against labeled pictures per class, by method",
    )
    st.caption(
        f"Lines: mean of {curve.repeats} repeats. Bands: lowest to highest. Dotted: zero-shot, which needs no labels."
    )
    if curve.short:
        names = ", ".join(plain(name) for name in curve.short[:5])
        most = max(point.shots for point in curve.points)
        st.caption(
            f"{counted(len(curve.short), 'class')} had fewer than {most} pictures to train on, all of which were "
            f"used: {names}{' …' if len(curve.short) > 5 else ''}."
        )


def _compute(encoder: Encoder, data: LabeledItems, words: ZeroShot, task: Task) -> LearningCurve:
    return compute_learning_curve(
        encoder, data.vectors, data.labels, words, methods=_KINDS, task=task
    )  # fmt: skip


def _sentence(curve: LearningCurve) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        more = st.number_input("More labels per class", 1, 1_000, 8, key="more_labels", bind="query-params", width=180)
        method = st.segmented_control("Method", _KINDS, default="blend", required=True, key="gain_by")
    method = method or "blend"
    zero, last = curve.of("zero-shot")[0].mean, curve.of(method)[-1]
    gain = curve.gain(method, int(more))
    now = f"Now: zero-shot **{zero:.2f}** without labels, {method} **{last.mean:.2f}** with {last.shots} per class."
    if gain is None:
        st.markdown(f"{now} There are too few points to estimate the gain of more labels.")
        return
    st.markdown(f"Labeling **{more:,} more** per class would raise the accuracy by about **{_points(gain)}**. {now}")


def _points(gain: float) -> str:
    return f"{100 * gain:.1f} points" if gain >= 0.0005 else "nothing"
