"""The dimensions curve, told: the numbers that matter, the figure, and the whole table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import streamlit as st

from core.evaluation.dimensions import DimensionReport
from core.geometry.dimensions import DimensionPoint, get_nearest_count
from core.plots.dimensions import AXES, METHOD_NAMES, Quantity, dimension_lines
from ui.dimensions.job import MOST
from ui.text import counted, size_text

_SHOWN: dict[Quantity, str] = {
    "overlap": "neighbors kept",
    "recall": "captions found",
    "accuracy": "classes told",
    "bytes": "bytes",
    "query_ms": "query time",
}


def show_report(report: DimensionReport, count: int) -> None:
    """The numbers that matter, the curve, and the whole table. count: items that there are to measure on."""
    _headline(report)
    known: list[Quantity] = [shown for shown in get_args(Quantity) if getattr(report.points[0], shown) is not None]
    shown = st.segmented_control(
        "Show", known, default="overlap", required=True, key="shown", bind="query-params",
        format_func=_SHOWN.__getitem__,
    )  # fmt: skip
    shown = shown if shown in known else "overlap"
    title = AXES[shown].capitalize() + f", {report.pool:,} items"
    st.plotly_chart(
        dimension_lines(report.points, shown, knee=report.knee, title=title),
        key="dimension_curve", config={"displayModeBar": False}, alt=f"{AXES[shown]} against dimensions kept",
    )  # fmt: skip
    st.caption(
        "Each step to the right doubles the numbers kept. Dotted: the sizes that Vertex AI's multimodal embeddings can "
        "be had in. The knee: where the curve of the neighbors bends most (Kneedle). Cutting "
        "vectors off keeps less than choosing directions, since nothing has sorted their numbers by weight. "
        "Neighbors: the "
        f"{get_nearest_count(report.pool)} nearest of each item. {_learned(report)}"
        + (f" Measured on a random sample of {MOST:,} of the {count:,} items." if count > MOST else "")
    )
    with st.expander("All figures", icon=":material/table:"):
        _table(report.points)


def _learned(report: DimensionReport) -> str:
    if report.learned_from != report.pool:
        return f"PCA was learned from {counted(report.learned_from, 'item')} that are not measured on."
    return "PCA was learned from the same items."


def _headline(report: DimensionReport) -> None:
    whole = max(point.dim for point in report.points)
    parts = []
    for measure, what in (
        ("overlap", "of the neighbors"),
        ("recall", "of the recall"),
        ("accuracy", "of the accuracy"),
    ):
        if (found := report.enough.get(measure)) is not None:  # type: ignore[call-overload]
            parts.append(f"**{found.dim}** dimensions keep 95 % {what}")
    if parts:
        cells = ", ".join(parts)
        st.markdown(f"Of {whole:,} dimensions, by PCA: {cells}.")
    with st.container(horizontal=True, key="dimension_numbers"):
        if report.knee is not None:
            st.metric("The knee (PCA)", f"{report.knee.dim}", help="Beyond, twice the numbers bring much less.")
        if report.intrinsic is not None:
            st.metric(
                "Intrinsic dimension", f"about {report.intrinsic:.0f}",
                help="From how much farther away twice as many neighbors lie (Denti et al. 2022).",
            )  # fmt: skip
        st.metric("A whole vector", size_text(4 * whole), help=f"{whole:,} numbers of 4 bytes.")
    if report.intrinsic is not None:
        st.caption(
            f"Around any one item, the others differ from it in about {report.intrinsic:.0f} independent ways: so many "
            f"dimensions are filled locally. It takes more to lay them out, since the ways differ from place to place; "
            f"nothing near {whole:,}."
        )


def _table(points: Sequence[DimensionPoint]) -> None:
    st.dataframe(
        [
            {
                "method": METHOD_NAMES[point.method],
                "kept as": point.precision,
                "dimensions": point.dim,
                "neighbors": point.overlap,
                "captions": point.recall,
                "classes": point.accuracy,
                "bytes": point.bytes,
                "ms": point.query_ms,
            }
            for point in points
        ],
        hide_index=True,
        key="dimension_table",
        column_config={
            name: st.column_config.NumberColumn(format=form)
            for name, form in (("neighbors", "%.3f"), ("captions", "%.3f"), ("classes", "%.3f"), ("ms", "%.2f"))
        },
    )
    st.caption(
        "neighbors: share of the nearest that are the same as with whole vectors. captions: share whose picture is "
        "among the first 10. classes: zero-shot accuracy. ms: one exact query through 20,000 made-up vectors of this "
        "size, on this machine."
    )
