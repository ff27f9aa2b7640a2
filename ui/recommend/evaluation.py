"""Evaluates the methods of recommending on what people in the log did later."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import Encoder, Library
from core.evaluation.recommend import RecommendReport, evaluate_recommend
from core.plots.recommend import AXES, Measure, list_measures, method_bars
from core.progress import Task
from core.recommend.model import RecommendModel
from ui.jobs.tasks import task_button
from ui.recommend.behavior import get_model, log_lines
from ui.text import percent

_NAMES: dict[Measure, str] = {
    "recall": "found",
    "ndcg": "found early",
    "cold_recall": "new items found",
    "coverage": "coverage",
    "diversity": "diversity",
}
_ABOUT = {
    "random": "random items",
    "popularity": "what most people chose",
    "together": "what the same people also chose",
    "behaviour": "factors learned from the log alone (ALS)",
    "content": "what looks like the person's latest items",
    "both": "behavior and content, with learned weights",
}


def figures_part(library: Library, encoder: Encoder) -> str | None:
    """The whole part; returns its lines of Python."""
    learned = get_model(library, encoder)
    if learned is None:
        st.info(
            "The methods are measured on the last fifth of a log, which they did not see. Learn from one first: your "
            "own, or one of simulated visitors.",
            icon=":material/monitoring:",
        )
        st.button("Learn from a log", icon=":material/arrow_forward:", on_click=_to_log)
        return None
    k = st.select_slider(
        "Recommendations per person (k)", [5, 10, 20, 50], value=10, key="k", bind="query-params", width=320
    )
    report = task_button(
        "recommend figures", "Measure", partial(_measure, learned, int(k)), title="Measuring",
        about=(library.path, encoder.id, id(learned), int(k)), state=learned, icon=":material/monitoring:",
        note="Compares six methods on the last fifth of the log.",
    )  # fmt: skip
    if report is None:
        return None
    _show(report)
    return f"""
from core.evaluation.recommend import evaluate_recommend
{log_lines(library, encoder)}
report = evaluate_recommend(learned.log, learned.hybrid.content, k={int(k)})
for each in report.methods:
    print(each)
"""


def _to_log() -> None:
    st.session_state["part"] = "what others did"


def _measure(model: RecommendModel, k: int, task: Task) -> RecommendReport:
    return evaluate_recommend(model.log, model.hybrid.content, k=k, task=task)


def _show(report: RecommendReport) -> None:
    best = max(report.methods, key=lambda method: method.recall)
    st.markdown(
        f"**{best.method.capitalize()}** finds most: {percent(best.recall, 1)} of what people did later, among the "
        f"first {report.k} of {report.items:,} items.",
        help=f"The methods learn from the first four fifths of {report.interactions:,} interactions and predict what "
        f"each of {report.users:,} people did after that.",
    )
    known = list_measures(report)
    measure = st.segmented_control(
        "Show", known, default="recall", required=True, key="measure", bind="query-params",
        format_func=_NAMES.__getitem__,
    )  # fmt: skip
    measure = measure if measure in known else "recall"
    st.plotly_chart(
        method_bars(report, measure), key="method_bars", config={"displayModeBar": False}, theme="streamlit",
        alt=f"{AXES[measure].format(k=report.k)}, by method",
    )  # fmt: skip
    st.caption(_READ[measure].format(k=report.k, cold=report.cold_items))
    _table(report)
    if report.weights:
        parts = ", ".join(f"{name} {weight:g}" for name, weight in report.weights.items() if weight)
        st.caption(f"Learned weights of “both”: {parts}. “Cold”: items without interactions before the cut.")


_READ: dict[Measure, str] = {
    "recall": "Higher is better. Compare the order: true figures are higher for all methods, as people would also "
    "have liked things that they were never shown.",
    "ndcg": "Higher is better: a hit in first place counts fully, one in place {k} counts least.",
    "cold_recall": "Only the {cold:,} items without interactions before the cut, ranked among themselves. Behavior "
    "alone knows nothing about them and can only guess.",
    "coverage": "Neither better nor worse by itself: popularity shows everybody the same few, random shows everything.",
    "diversity": "Neither better nor worse by itself: 0 is one picture twice; random is as diverse as the library.",
}


def _table(report: RecommendReport) -> None:
    st.dataframe(
        [
            {
                "method": method.method,
                "found": method.recall,
                "found early": method.ndcg,
                "new items found": method.cold_recall,
                "coverage": method.coverage,
                "diversity": method.diversity,
                "description": _ABOUT.get(method.method, ""),
            }
            for method in report.methods
        ],
        hide_index=True,
        key="method_table",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f", help=AXES[measure].format(k=report.k))
            for measure, name in _NAMES.items()
        },
    )
