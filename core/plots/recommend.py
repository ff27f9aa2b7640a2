"""Plotly figures of the quality of recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from core.plots.style import AMBER, GRAY, STILL, TEAL

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.evaluation.recommend import MethodReport, RecommendReport

Measure = Literal["recall", "ndcg", "cold_recall", "coverage", "diversity"]

AXES: dict[Measure, str] = {
    "recall": "recall@{k}: share of what people went on to that is among the first {k}",
    "ndcg": "NDCG@{k}, 0 to 1: the same, early places counting more",
    "cold_recall": "recall@{k} among new items, of what people went on to",
    "coverage": "coverage: share of all items that anybody is shown",
    "diversity": "diversity: mean cosine distance of two that are shown together",
}
_SHORT: dict[Measure, str] = {
    "recall": "What people went on to, found",
    "ndcg": "Found, and early",
    "cold_recall": "New items, found",
    "coverage": "How much of the library is shown",
    "diversity": "How unlike each other",
}
_COLORS = {"both": TEAL, "content": AMBER, "behaviour": "#4A86B5", "together": "#4A86B5"}


def list_measures(report: RecommendReport) -> list[Measure]:
    """Those that at least one method has a value of."""
    return [ax for ax in AXES if any(getattr(method, ax) is not None for method in report.methods)]


def method_bars(report: RecommendReport, measure: Measure) -> go.Figure:
    """One bar a method, the best on top; a method that has no value of the measure has none."""
    import plotly.graph_objects as go

    def value(method: MethodReport) -> float | None:
        found: float | None = getattr(method, measure)
        return found

    methods = sorted(
        (entry for entry in report.methods if value(entry) is not None), key=lambda each: value(each) or 0.0
    )
    values = [value(entry) or 0.0 for entry in methods]
    figure = go.Figure()
    figure.add_bar(
        x=values,
        y=[entry.method for entry in methods],
        orientation="h",
        marker={"color": [_COLORS.get(entry.method, GRAY) for entry in methods]},
        text=[f"{entry:.3f}" for entry in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )
    figure.update_layout(
        title={
            "text": f"{_SHORT[measure]}: {report.users:,} people, {report.items:,} items",
            "font": {"size": 13, "weight": "normal"}, "x": 0, "xref": "container", "y": 0.98,
        },
        height=40 * len(methods) + 110,
        margin={"l": 0, "r": 48, "t": 36, "b": 0},
        showlegend=False,
        dragmode=False,
        bargap=0.35,
        xaxis={"rangemode": "tozero", "title": {"text": AXES[measure].format(k=report.k)}, "automargin": True, **STILL},
        yaxis={"automargin": True, **STILL},
    )  # fmt: skip
    return figure
