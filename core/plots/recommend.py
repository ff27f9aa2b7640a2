"""Plotly figures of the quality of recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from core.plots.style import AMBER, BLUE, GRAY, STILL, TEAL, title_style

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.evaluation.recommend import RecommendReport

Measure = Literal["recall", "ndcg", "cold_recall", "coverage", "diversity"]

AXES: dict[Measure, str] = {
    "recall": "recall@{k}: share of later choices among the first {k}",
    "ndcg": "NDCG@{k}, 0 to 1: as recall, but earlier ranks count more",
    "cold_recall": "recall@{k} of later choices among new items",
    "coverage": "coverage: share of all items recommended to anybody",
    "diversity": "diversity: mean cosine distance within a list",
}
_SHORT: dict[Measure, str] = {
    "recall": "Recall of later choices",
    "ndcg": "Rank of later choices",
    "cold_recall": "Recall of new items",
    "coverage": "Coverage of the library",
    "diversity": "Diversity of a list",
}
_COLORS = {"both": TEAL, "content": AMBER, "behaviour": BLUE, "together": BLUE}


def list_measures(report: RecommendReport) -> list[Measure]:
    """Measures that at least one method of a report has.

    Parameters
    ----------
    report : RecommendReport

    Returns
    -------
    list of str
        Keys of `AXES`, in its order.
    """
    return [measure for measure in AXES if any(getattr(method, measure) is not None for method in report.methods)]


def method_bars(report: RecommendReport, measure: Measure) -> go.Figure:
    """One bar per method, best on top; methods without the measure are left out.

    Parameters
    ----------
    report : RecommendReport
        See `core.evaluation.evaluate_recommend`.
    measure : {"recall", "ndcg", "cold_recall", "coverage", "diversity"}

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    measured = [(getattr(method, measure), method.method) for method in report.methods]
    bars = sorted(((value, name) for value, name in measured if value is not None), key=lambda bar: bar[0])
    figure = go.Figure()
    figure.add_bar(
        x=[value for value, _ in bars],
        y=[name for _, name in bars],
        orientation="h",
        marker={"color": [_COLORS.get(name, GRAY) for _, name in bars]},
        text=[f"{value:.3f}" for value, _ in bars],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )
    figure.update_layout(
        title=title_style(f"{_SHORT[measure]}: {report.users:,} people, {report.items:,} items", size=13, y=0.98),
        height=40 * len(bars) + 110,
        margin={"l": 0, "r": 48, "t": 36, "b": 0},
        showlegend=False,
        dragmode=False,
        bargap=0.35,
        xaxis={"rangemode": "tozero", "title": {"text": AXES[measure].format(k=report.k)}, "automargin": True, **STILL},
        yaxis={"automargin": True, **STILL},
    )
    return figure
