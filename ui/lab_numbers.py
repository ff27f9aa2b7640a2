"""A number of each picture, learned and told: how close it comes."""

from __future__ import annotations

from typing import get_args

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Encoder, Library
from core.evaluate_classes import NumberReport, numbers_cross_validated
from core.figures_lab import true_against_predicted
from core.labelled_items import LabelledItems
from core.probe import NumberKind
from ui.lab_data import numbers_section
from ui.lab_methods import show_cell
from ui.page import plain

Results = dict[str, tuple[NumberReport, NDArray[np.float32]]]
_KINDS: tuple[NumberKind, ...] = get_args(NumberKind)


def number_lab(library: Library, encoder: Encoder) -> None:
    """The whole part. Raises DataError."""
    chosen = numbers_section(library, encoder)
    if chosen is None:
        st.caption("For instance brightness, a count, a price: any number that somebody knows of some pictures.")
        return
    name, data = chosen
    kept = st.session_state.get("lab numbers")
    if kept is None or kept[0] is not data:
        if st.button("Learn the number", type="primary", icon=":material/experiment:", key="learn_number"):
            st.session_state["lab numbers"] = (data, _measure(encoder, data))
            st.rerun()
        return
    _show(name, data, kept[1])


def _measure(encoder: Encoder, data: LabelledItems) -> Results:
    values = [float(label) for label in data.labels]
    bar = st.progress(0.0, text="Learning …")
    found: Results = {}
    for number, kind in enumerate(_KINDS):
        bar.progress(number / len(_KINDS), text=f"Learning: {kind}")
        found[kind] = numbers_cross_validated(encoder, kind, data.vectors, values)
    bar.empty()
    return found


def _show(name: str, data: LabelledItems, results: Results) -> None:
    st.dataframe(
        [{"way": kind, "R2": report.r2, "MAE": report.mae} for kind, (report, _) in results.items()],
        hide_index=True,
        key="number_methods",
        column_config={
            "R2": st.column_config.NumberColumn(format="%.3f", help="1 is exact, 0 is what the mean would do."),
            "MAE": st.column_config.NumberColumn(format="%.4g", help="Mean absolute error, in the number's own unit."),
        },
    )
    st.caption("Each picture's number is told by what was learned without it (cross-validated over up to five parts).")
    way = st.segmented_control("Look closely at", list(results), default="ridge", required=True, key="number_way")
    predicted = results[way or "ridge"][1]
    truth = [float(label) for label in data.labels]
    names = [item.path.rpartition("/")[2] for item in data.items]
    state = st.plotly_chart(
        true_against_predicted(truth, predicted, names, title=name),
        key="number_scatter",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt="True against predicted",
    )
    points = state["selection"]["points"] if state else []
    if not points:
        st.caption("Click a point to see its picture.")
        return
    row = int(points[0]["customdata"])
    show_cell(data, np.array([row]), f"{plain(name)} {truth[row]:.3g}, told {predicted[row]:.3g}")
