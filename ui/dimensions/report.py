"""The dimensions report: the main numbers, the curve, and the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import streamlit as st

from core.encoders.reduced import METHOD_NAMES
from core.evaluation.dimensions import DimensionReport
from core.geometry.dimensions import DimensionPoint, get_nearest_count
from core.plots.dimensions import AXES, Quantity, dimension_lines
from ui.dimensions.job import MOST
from ui.text import counted, size_text

_SHOWN: dict[Quantity, str] = {
    "overlap": "neighbors kept",
    "recall": "captions found",
    "accuracy": "accuracy of classes",
    "bytes": "bytes",
    "query_ms": "query time",
}


def show_report(report: DimensionReport, count: int) -> None:
    """The main numbers, the curve, and the table. count: items in the library."""
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
        f"Dotted: the sizes of Vertex AI's multimodal embeddings. Neighbors: the "
        f"{get_nearest_count(report.pool)} nearest of each item. {_learned(report)}"
        + (f" Measured on a random sample of {MOST:,} of the {count:,} items." if count > MOST else ""),
        help="The knee: where the neighbor curve bends most (Kneedle). Truncation keeps less than PCA, since the "
        "numbers of a vector are not sorted by importance.",
    )
    with st.expander("All figures", icon=":material/table:"):
        _table(report.points)


def _learned(report: DimensionReport) -> str:
    if report.learned_from != report.pool:
        return f"PCA was fit on {counted(report.learned_from, 'item')} that are not measured on."
    return "PCA was fit on the same items."


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
        numbers = ", ".join(parts)
        st.markdown(f"Of {whole:,} dimensions, with PCA: {numbers}.")
    with st.container(horizontal=True, key="dimension_numbers"):
        if report.knee is not None:
            st.metric("The knee (PCA)", f"{report.knee.dim}", help="Beyond it, further dimensions add little.")
        if report.intrinsic is not None:
            st.metric(
                "Intrinsic dimension", f"about {report.intrinsic:.0f}",
                help="Estimated from the distances to the nearest neighbors (GRIDE, Denti et al. 2022).",
            )  # fmt: skip
        st.metric("A full vector", size_text(4 * whole), help=f"{whole:,} numbers of 4 bytes.")
    if report.intrinsic is not None:
        st.caption(
            f"Locally, the items vary in about {report.intrinsic:.0f} independent directions. The whole space needs "
            f"more, since these differ from place to place, but far less than {whole:,}."
        )


def _table(points: Sequence[DimensionPoint]) -> None:
    st.dataframe(
        [
            {
                "method": METHOD_NAMES[point.method],
                "precision": point.precision,
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
        "neighbors: share of nearest neighbors in common with full vectors. captions: share whose picture is among the "
        "first 10. classes: zero-shot accuracy. ms: one exact query over 20,000 random vectors of this size, on this "
        "machine."
    )
