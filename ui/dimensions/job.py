"""The dimensions curve: its settings, and its computation in the background."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core import Encoder, Library
from core.encoders.reduced import METHOD_NAMES, Method
from core.evaluation.dimensions import METHODS, DimensionReport, measure_dimensions
from core.geometry.quantization import PRECISIONS, Precision
from core.library.points import load_points
from core.progress import Task
from ui.jobs.tasks import task_button
from ui.text import counted
from ui.widgets.reference_data import GroundTruth

MOST = 5_000  # items measured on
_MOST_CAPTIONS = 2_500


@dataclass(frozen=True)
class Settings:
    """What to measure. held_out: fit on one half of the items, measured on the other."""

    methods: tuple[Method, ...]
    precisions: tuple[Precision, ...]
    held_out: bool
    known: GroundTruth


def settings_section(known: GroundTruth) -> Settings:
    """The methods and precisions to compare."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="dimension_settings"):
        methods = st.pills(
            "Reduction methods", METHODS, selection_mode="multi", default=METHODS, key="methods",
            bind="query-params", format_func=METHOD_NAMES.__getitem__,
            help="PCA keeps the directions of largest variance in this library, truncation the first numbers of each "
            "vector. Random projection mixes all numbers at random.",
        )  # fmt: skip
        precisions = st.pills(
            "Precision", PRECISIONS, selection_mode="multi", default=["fp32"], key="precisions",
            bind="query-params", help="Per number: 4 bytes, 2 bytes, 1 byte, or 1 bit (its sign).",
        )  # fmt: skip
        held_out = st.toggle(
            "Fit on one half, measure on the other", key="held_out", bind="query-params",
            help="PCA measured on the pictures it was fit on looks slightly too good.",
        )  # fmt: skip
    return Settings(
        tuple(entry for entry in METHODS if entry in methods) or ("pca",),
        tuple(entry for entry in PRECISIONS if entry in precisions) or ("fp32",),
        held_out,
        known,
    )


def get_measured(library: Library, encoder: Encoder, settings: Settings) -> DimensionReport | None:
    """The figures, once they were requested."""
    index = library.index(encoder)
    count = len(index.rows_with_vectors)
    note = f"On {counted(min(count, MOST), 'item')}" + (f", a random sample of {count:,}" if count > MOST else "")
    return task_button(
        "dimensions", "Measure", partial(_measure, library, encoder, settings), title="Measuring",
        about=(library.path, encoder.id, settings), state=index, icon=":material/straighten:", note=note,
    )  # fmt: skip


def _measure(library: Library, encoder: Encoder, settings: Settings, task: Task) -> DimensionReport:
    points = load_points(library, encoder, limit=MOST)
    rows = {key: row for row, key in enumerate(points.keys)}
    labels = dict(settings.known.labels)
    captions = [(rows[entry], text) for entry, text in settings.known.captions if entry in rows]
    if len(captions) > _MOST_CAPTIONS:
        chosen = np.random.default_rng(0).choice(len(captions), _MOST_CAPTIONS, replace=False)
        captions = [captions[number] for number in np.sort(chosen)]
    return measure_dimensions(
        encoder, points.vectors, captions=captions, labels=[labels.get(key) for key in rows] if labels else (),
        methods=settings.methods, precisions=settings.precisions, held_out=settings.held_out,
        task=task,
    )  # fmt: skip


def python_lines(settings: Settings) -> str:
    """Python that measures the same, after a library was opened."""
    held = ", held_out=True" if settings.held_out else ""
    more = ""
    if settings.known.captions or settings.known.labels:
        more = "\n    # captions=[(row, text), ...], labels=[name or None, ...] of the rows of the points"
    return f"""
from core.evaluation import measure_dimensions
from core.library import load_points

points = load_points(library, encoder, limit={MOST})
report = measure_dimensions(
    encoder, points.vectors, methods={list(settings.methods)!r}, precisions={list(settings.precisions)!r}{held},{more}
)
print(report.knee, report.intrinsic)
for point in report.points:
    print(point.method, point.precision, point.dim, round(point.overlap, 3), point.bytes)
"""
