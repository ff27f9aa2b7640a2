"""How good the ways of recommending are, on what people of the log did later."""

from __future__ import annotations

import threading
from functools import partial

import streamlit as st

from core import Encoder, Library
from core.evaluation.recommend import RecommendReport, evaluate_recommend
from core.plots.recommend import AXES, Measure, list_measures, method_bars
from core.progress import OnProgress
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
    "random": "anything, drawn at random",
    "popularity": "what most people had to do with",
    "together": "what the same people had to do with as well",
    "behaviour": "factors learned from the log alone (ALS)",
    "content": "what looks like the person's latest items",
    "both": "behaviour and content, with learned weights",
}


def figures_part(library: Library, encoder: Encoder) -> str | None:
    """The whole part; returns its lines of Python."""
    learned = get_model(library, encoder)
    if learned is None:
        st.info(
            "Figures need a log: learn from one under “what others did” first. Then the ways of recommending are "
            "measured on the last fifth of it, which they did not see.",
            icon=":material/monitoring:",
        )
        return None
    k = st.select_slider("Places looked at (k)", [5, 10, 20, 50], value=10, key="k", bind="query-params", width=320)
    report = task_button(
        "recommend figures", "Measure", partial(_measure, learned, int(k)), title="Measuring",
        about=(library.path, encoder.id, id(learned), int(k)), state=learned, icon=":material/monitoring:",
        note="Six ways, on the last fifth of the log.",
    )  # fmt: skip
    if report is None:
        return None
    _show(report)
    return f"""
from core.evaluation.recommend import evaluate_recommend
{log_lines(library, encoder)}
report = evaluate_recommend(learned.log, learned.blend.content, k={int(k)})
for each in report.methods:
    print(each)
"""


def _measure(model: RecommendModel, k: int, report: OnProgress, cancel: threading.Event) -> RecommendReport:
    return evaluate_recommend(model.log, model.hybrid.content, k=k, on_progress=report, cancel=cancel)


def _show(report: RecommendReport) -> None:
    best = max(report.methods, key=lambda entry: entry.recall)
    st.markdown(
        f"The log is cut at four fifths of its {report.interactions:,} interactions. The ways learn from what came "
        f"before, and are asked what each of {report.users:,} people did after. **{best.method.capitalize()}** finds "
        f"most: {percent(best.recall, 1)} of it among the first {report.k} of {report.items:,} items."
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
        st.caption(f"“Both” adds up, as learned: {parts}. “Cold” is what nobody had to do with before the cut.")


_READ: dict[Measure, str] = {
    "recall": "Higher is better. People would have liked other things too, that they were never shown: the true figure "
    "is higher for all ways, and the order is what to look at.",
    "ndcg": "Higher is better: a hit at the first place counts fully, one at place {k} counts least.",
    "cold_recall": "Only the {cold:,} items that nobody had to do with before the cut, ranked among themselves. "
    "Behaviour alone knows nothing of them, so that what is left to it is chance.",
    "coverage": "Not better or worse by itself: popularity shows everybody the same few, random shows everything.",
    "diversity": "Not better or worse by itself: 0 is one picture twice; random is as unlike as the library is.",
}


def _table(report: RecommendReport) -> None:
    st.dataframe(
        [
            {
                "way": method.method,
                "found": method.recall,
                "found early": method.ndcg,
                "new items found": method.cold_recall,
                "coverage": method.coverage,
                "diversity": method.diversity,
                "what it is": _ABOUT.get(method.method, ""),
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
