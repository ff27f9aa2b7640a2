"""Regression: a number per picture, cross-validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Encoder, Library
from core.classify.heads import Head, head_bytes
from core.classify.intervals import compute_r2_interval
from core.classify.training import NumberKind, fit_numbers
from core.classify.validation import NumberReport, cross_validate_numbers
from core.library.labels import LabeledItems
from core.plots.lab import true_vs_predicted
from ui.button import pressed
from ui.errors import boundary
from ui.jobs.work import run_queued
from ui.lab.methods import show_cell
from ui.session.heads import list_known_heads, store_head
from ui.session.state import get_state
from ui.snippets.sort import number_lines
from ui.text import counted, plain
from ui.widgets.code_block import in_python
from ui.widgets.label_source import numbers_section

Results = dict[NumberKind, tuple[NumberReport, NDArray[np.float32]]]
_KINDS: tuple[NumberKind, ...] = get_args(NumberKind)


@dataclass(slots=True)
class RegressionState:
    """The last measurement and of which data. saved_head: the name of the head that was saved last."""

    data: LabeledItems | None = None
    results: Results = field(default_factory=dict)
    saved_head: str | None = None


def number_lab(library: Library, encoder: Encoder) -> None:
    """The whole part. Raises DataError."""
    chosen = numbers_section(library, encoder)
    if chosen is None:
        st.caption("For example brightness, a count or a price: any number that is known for some pictures.")
        return
    name, data = chosen
    _learned(encoder, name, data)
    in_python(number_lines(library, encoder, name))


def _learned(encoder: Encoder, name: str, data: LabeledItems) -> None:
    state = get_state(RegressionState)
    if state.data is not data:
        if pressed("Train on the number", type="primary", icon=":material/experiment:", key="learn_number"):
            state.data, state.results = data, _measure(encoder, data)
            st.rerun()
        return
    _show(encoder, name, data, state.results)


def _measure(encoder: Encoder, data: LabeledItems) -> Results:
    values = [float(label) for label in data.labels]
    bar = st.progress(0.0, text="Training …")
    found: Results = {}
    with run_queued("Training on a number"):
        for number, kind in enumerate(_KINDS):
            bar.progress(number / len(_KINDS), text=f"Training: {kind}")
            found[kind] = cross_validate_numbers(encoder, kind, data.vectors, values)
    bar.empty()
    return found


def _show(encoder: Encoder, name: str, data: LabeledItems, results: Results) -> None:
    st.dataframe(
        [
            {"method": kind, "R2": report.r2, "R2 between": _r2_range(data, predicted), "MAE": report.mae}
            for kind, (report, predicted) in results.items()
        ],
        hide_index=True,
        key="number_methods",
        column_config={
            "R2": st.column_config.NumberColumn(format="%.3f", help="1: exact. 0: no better than the mean."),
            "MAE": st.column_config.NumberColumn(format="%.4g", help="Mean absolute error, in the unit of the number."),
        },
    )
    st.caption(
        "Cross-validation with up to five folds: each prediction is for a picture that was not trained on. “Between”: "
        "interval of 95 % by bootstrap."
    )
    way = st.segmented_control("Details of", list(results), default="ridge", required=True, key="number_way")
    way = way or "ridge"
    predicted = results[way][1]
    truth = [float(label) for label in data.labels]
    names = [item.path.rpartition("/")[2] for item in data.items]
    state = st.plotly_chart(
        true_vs_predicted(truth, predicted, names, title=name),
        key="number_scatter",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt="True against predicted",
    )
    points = state["selection"]["points"] if state else []
    if points:
        row = int(points[0]["customdata"])
        show_cell(data, np.array([row]), f"{plain(name)} {truth[row]:.3g}, predicted {predicted[row]:.3g}")
    else:
        st.caption("Click a point to see its picture.")
    _keep(encoder, name, data, way, results[way][0])


def _r2_range(data: LabeledItems, predicted: NDArray[np.float32]) -> str:
    low, high = compute_r2_interval(np.array([float(label) for label in data.labels]), predicted)
    return f"{low:.2f} – {high:.2f}"


def _keep(encoder: Encoder, name: str, data: LabeledItems, way: NumberKind, report: NumberReport) -> None:
    """Saves or downloads a head of this method, trained on all pictures."""

    def learned() -> Head:
        values = [float(label) for label in data.labels]
        return fit_numbers(encoder, way, data.vectors, values, name=" ".join(name.split()))

    st.markdown("**Save the head**")
    st.caption(
        f"A head of this method ({way}), trained on all {counted(len(data.items), 'picture')}, for the page Classify."
    )
    if report.r2 <= 0:
        st.caption(
            f":material/warning: No better than always predicting the mean (R2 is {report.r2:.2f}). Use more pictures, "
            "or a number that is visible in them."
        )
    with st.container(horizontal=True, vertical_alignment="bottom", key="number_head"):
        chosen = st.text_input("Name", value=name, key=f"number_head {name}", max_chars=80, width=260).strip()
        about = "Replaces the head of this name." if chosen in list_known_heads(encoder) else None
        save = pressed(
            "Save head", key="save_head", type="primary", icon=":material/save:", disabled=not chosen, help=about
        )
        if save:
            with boundary():
                store_head(learned(), encoder, chosen)
                get_state(RegressionState).saved_head = chosen
                st.toast(f"Saved as {plain(chosen)}.")
        st.download_button(
            "Download",
            data=lambda: head_bytes(learned()),
            file_name=f"{chosen or 'head'}.safetensors",
            icon=":material/download:",
            on_click="ignore",
        )
    if chosen == get_state(RegressionState).saved_head and chosen in list_known_heads(encoder):
        st.page_link(
            "pages/classify.py",
            label=f"Predict {plain(name)} on the page Classify",
            icon=":material/category:",
            query_params={"head": chosen},
        )
