"""The dimensions curve: how it is asked for, computed beside the page, and told."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import get_args

import numpy as np
import streamlit as st

from core import Encoder, Library
from core.encoders.reduced import Method
from core.evaluate_dimensions import METHODS, DimensionReport, measure_dimensions
from core.figures_dimensions import AXES, METHOD_NAMES, Shown, dimension_lines
from core.geometry.dimensions import DimensionPoint, nearest_count
from core.geometry.precision import PRECISIONS, Precision
from core.points import points_of
from core.progress import OnProgress
from ui.dimensions_data import Known
from ui.page import counted, size_text
from ui.tasks import asked

_MOST = 5_000  # items measured on
_MOST_CAPTIONS = 2_500
_SHOWN: dict[Shown, str] = {
    "overlap": "neighbours kept",
    "recall": "captions found",
    "accuracy": "classes told",
    "bytes": "bytes",
    "query_ms": "query time",
}


@dataclass(frozen=True)
class Settings:
    """What is to be measured. held_out: learned from one half of the items, measured on the other."""

    methods: tuple[Method, ...]
    precisions: tuple[Precision, ...]
    held_out: bool
    known: Known


def settings_section(known: Known) -> Settings:
    """What a visitor wants to compare."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="dimension_settings"):
        methods = st.pills(
            "Fewer dimensions by", METHODS, selection_mode="multi", default=METHODS, key="methods",
            bind="query-params", format_func=METHOD_NAMES.__getitem__,
            help="PCA keeps the directions in which this library differs most, truncation the first numbers of each "
            "vector, random projection mixes all numbers at random.",
        )  # fmt: skip
        precisions = st.pills(
            "Each number kept as", PRECISIONS, selection_mode="multi", default=["fp32"], key="precisions",
            bind="query-params", help="4 bytes, 2 bytes, 1 byte, or 1 bit, its sign.",
        )  # fmt: skip
        held_out = st.toggle(
            "Learn from one half, measure on the other", key="held_out", bind="query-params",
            help="PCA that was learned from the very pictures it is measured on looks a little too good.",
        )  # fmt: skip
    return Settings(
        tuple(each for each in METHODS if each in methods) or ("pca",),
        tuple(each for each in PRECISIONS if each in precisions) or ("fp32",),
        held_out,
        known,
    )


def measured(library: Library, encoder: Encoder, settings: Settings) -> DimensionReport | None:
    """The figures, once somebody asked for them."""
    index = library.index(encoder)
    count = len(index.rows_with_vectors)
    note = f"On {counted(min(count, _MOST), 'item')}" + (f", a sample of {count:,}" if count > _MOST else "")
    return asked(
        "dimensions", "Measure", partial(_measure, library, encoder, settings), title="Measuring",
        about=(library.path, encoder.id, settings), state=index, icon=":material/straighten:", note=note,
    )  # fmt: skip


def show_report(report: DimensionReport) -> None:
    """The numbers that matter, the curve, and the whole table."""
    _headline(report)
    known = [shown for shown in get_args(Shown) if getattr(report.points[0], shown) is not None]
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
        "be had in. The knee: where the curve of the neighbours bends most (Kneedle). Cutting "
        "vectors off keeps less than choosing directions, since nothing has sorted their numbers by weight. "
        "Neighbours: the "
        f"{nearest_count(report.pool)} nearest of each item. {_learned(report)}"
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
        ("overlap", "of the neighbours"),
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
            st.metric("Intrinsic dimension", f"about {report.intrinsic:.0f}", help="TwoNN (Facco et al. 2017).")
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
                "neighbours": point.overlap,
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
            for name, form in (("neighbours", "%.3f"), ("captions", "%.3f"), ("classes", "%.3f"), ("ms", "%.2f"))
        },
    )
    st.caption(
        "neighbours: share of the nearest that are the same as with whole vectors. captions: share whose picture is "
        "among the first 10. classes: zero-shot accuracy. ms: one exact query through 20,000 made-up vectors of this "
        "size, on this machine."
    )


def _measure(
    library: Library, encoder: Encoder, settings: Settings, tell: OnProgress, cancel: threading.Event
) -> DimensionReport:
    points = points_of(library, encoder, limit=_MOST)
    rows = {key: row for row, key in enumerate(points.keys)}
    labels = dict(settings.known.labels)
    captions = [(rows[each], text) for each, text in settings.known.captions if each in rows]
    if len(captions) > _MOST_CAPTIONS:
        chosen = np.random.default_rng(0).choice(len(captions), _MOST_CAPTIONS, replace=False)
        captions = [captions[number] for number in np.sort(chosen)]
    return measure_dimensions(
        encoder, points.vectors, captions=captions, labels=[labels.get(key) for key in rows] if labels else (),
        methods=settings.methods, precisions=settings.precisions, held_out=settings.held_out,
        on_progress=tell, cancel=cancel,
    )  # fmt: skip


def python_lines(settings: Settings) -> str:
    """What measures the same in Python, after a library was opened."""
    held = ", held_out=True" if settings.held_out else ""
    more = ""
    if settings.known.captions or settings.known.labels:
        more = "\n    # captions=[(row, text), ...], labels=[name or None, ...] of the rows of the points"
    return f"""
from core.evaluate_dimensions import measure_dimensions
from core.points import points_of

points = points_of(library, encoder, limit={_MOST})
report = measure_dimensions(
    encoder, points.vectors, methods={list(settings.methods)!r}, precisions={list(settings.precisions)!r}{held},{more}
)
print(report.knee, report.intrinsic)
for point in report.points:
    print(point.method, point.precision, point.dim, round(point.overlap, 3), point.bytes)
"""
