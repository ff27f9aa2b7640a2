"""Comparison of classification methods on labeled pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Encoder
from core.classify.intervals import bootstrap_interval, compute_macro_f1, compute_share_interval, is_wide
from core.classify.training import ClassKind
from core.classify.validation import ClassReport, compute_calibration_error, cross_validate_classes, make_report
from core.classify.zero_shot import ClassName, ZeroShot, get_class_numbers
from core.library.labels import LabeledItems
from core.plots.lab import confusion_matrix, reliability
from core.search.query import PLAIN
from ui.button import pressed
from ui.components.gallery.gallery import Card, gallery
from ui.jobs.work import run_queued
from ui.session.cache import embedded_classes
from ui.session.class_table import ClassTableState
from ui.session.encoders import load_encoder
from ui.session.state import get_state
from ui.text import counted, plain
from ui.widgets.details import open_details, show_details
from ui.widgets.query.box import more_like

_MATRIX = 24  # classes that a matrix can show
_CELL = 48  # pictures of a cell
ZERO, ZERO_PLAIN, CALIBRATED = "zero-shot", "zero-shot, one template", "zero-shot, calibrated"


@dataclass(frozen=True)
class MethodResults:
    """Cross-validated predictions of one method. truth: (n,), class numbers. probabilities: (n, c).

    accuracy, macro_f1, calibration_error: intervals of 95 % of these figures.
    """

    report: ClassReport
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    accuracy: tuple[float, float]
    macro_f1: tuple[float, float]
    calibration_error: tuple[float, float]

    @classmethod
    def of(cls, names: Sequence[str], truth: NDArray[np.int64], probabilities: NDArray[np.float32]) -> MethodResults:
        """Measures predictions."""
        report, predicted = make_report(names, truth, probabilities), probabilities.argmax(axis=1)
        return cls(
            report,
            truth,
            probabilities,
            compute_share_interval(report.accuracy, len(truth)),
            bootstrap_interval(lambda rows: compute_macro_f1(truth[rows], predicted[rows], len(names)), len(truth)),
            bootstrap_interval(lambda rows: compute_calibration_error(probabilities[rows], truth[rows]), len(truth)),
        )


@dataclass(slots=True)
class MethodsState:
    """The last comparison: of which data, with which encoder, and the results by method."""

    data: LabeledItems | None = None
    encoder_id: str = ""
    results: dict[str, MethodResults] = field(default_factory=dict)


def class_words(encoder: Encoder, data: LabeledItems, *, templates: bool = True) -> ZeroShot:
    """The labels as zero-shot classes, with the descriptions of the page Classify."""
    described = {entry.name: entry for entry in get_state(ClassTableState).classes}
    names = sorted(set(data.labels))
    classes = [ClassName(name, described[name].descriptions if name in described else ()) for name in names]
    load_encoder(encoder)
    return ZeroShot(
        encoder, tuple(classes), embedded_classes(encoder, classes, None if templates else PLAIN), encoder.scoring
    )


def measure_button(encoder: Encoder, data: LabeledItems) -> dict[str, MethodResults] | None:
    """The figures, once they were requested; cached for these pictures and labels."""
    state = get_state(MethodsState)
    if state.data is data and state.encoder_id == encoder.id:
        return state.results
    if pressed("Compare methods", type="primary", icon=":material/experiment:", key="measure"):
        state.results = _measure(encoder, data)
        state.data, state.encoder_id = data, encoder.id
        st.rerun()
    st.caption("Zero-shot and four trained methods, each measured on pictures that it was not trained on.")
    return None


def show_methods(measured: dict[str, MethodResults], data: LabeledItems) -> None:
    """The table of all methods, and one of them in detail."""
    st.dataframe(
        [
            {
                "method": name,
                "accuracy": entry.report.accuracy,
                "between": _range(entry.accuracy),
                "top-5": entry.report.top5,
                "macro-F1": entry.report.macro_f1,
                "F1 between": _range(entry.macro_f1),
                "calibration error": entry.report.calibration_error,
                "error between": _range(entry.calibration_error),
            }
            for name, entry in measured.items()
        ],
        hide_index=True,
        key="methods",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f", help=about)
            for name, about in (
                ("accuracy", "Share of the pictures whose most probable class is the true one."),
                ("top-5", "Share whose true class is among the five most probable."),
                ("macro-F1", "F1 score, averaged over classes. Each class counts the same."),
                (
                    "calibration error",
                    "Expected calibration error (ECE): difference between probability and accuracy. 0 is best.",
                ),
            )
        },
    )
    st.caption(
        "Heads: cross-validation with up to five folds. “Calibrated”: zero-shot with a temperature fitted to these "
        "labels; it changes the probabilities, not the predicted classes."
    )
    _say_how_sure(measured)
    way = st.segmented_control("Details of", list(measured), default=ZERO, required=True, key="way")
    one = measured[way or ZERO]
    _confusion(one, data)
    left, right = st.columns(2, gap="large")
    with left:
        _by_class(one.report)
    with right:
        st.markdown("**Calibration**")
        st.plotly_chart(
            reliability(one.probabilities, one.truth),
            key="reliability",
            config={"displayModeBar": False},
            alt="Accuracy against the probability of the predicted class",
        )


def _say_how_sure(measured: dict[str, MethodResults]) -> None:
    name, best = max(measured.items(), key=lambda entry: entry[1].report.accuracy)
    low, high = best.accuracy
    count = counted(len(best.truth), "label")
    if is_wide(best.accuracy):
        st.caption(f"{count} prove little: the accuracy of {name} is between {low:.2f} and {high:.2f}.")
    st.caption("“Between”: intervals of 95 %, by Wilson for the accuracy, by bootstrap for the others.")


def _range(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.2f} – {interval[1]:.2f}"


def _measure(encoder: Encoder, data: LabeledItems) -> dict[str, MethodResults]:
    words, bare = class_words(encoder, data), class_words(encoder, data, templates=False)
    truth = get_class_numbers(data.labels, words.names)
    kinds: Sequence[ClassKind] = get_args(ClassKind)

    def learned(kind: ClassKind) -> NDArray[np.float32]:
        return cross_validate_classes(encoder, kind, data.vectors, data.labels, zero_shot=words)[1]

    methods: dict[str, Callable[[], NDArray[np.float32]]] = {
        ZERO: lambda: words.predict(data.vectors).probabilities,
        ZERO_PLAIN: lambda: bare.predict(data.vectors).probabilities,
        CALIBRATED: lambda: words.calibrated(data.vectors, data.labels).predict(data.vectors).probabilities,
        **{kind: partial(learned, kind) for kind in kinds},
    }
    bar = st.progress(0.0, text="Measuring …")
    found = {}
    with run_queued("Measuring"):
        for number, (name, predict) in enumerate(methods.items()):
            bar.progress(number / len(methods), text=f"Measuring: {name}")
            probabilities = predict()
            found[name] = MethodResults.of(words.names, truth, probabilities)
    bar.empty()
    return found


def _confusion(one: MethodResults, data: LabeledItems) -> None:
    report = one.report
    shown = _most_confused(report.confusion)
    st.markdown("**Confusion matrix**")
    st.caption("Number of pictures by true class (rows) and predicted class (columns). Shade: share of the row.")
    if len(shown) < len(report.names):
        st.caption(f"The {len(shown)} most confused of {counted(len(report.names), 'class')}.")
    key = "confusion"
    state = st.plotly_chart(
        confusion_matrix([report.names[n] for n in shown], report.confusion[np.ix_(shown, shown)]),
        key=key,
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt="The confusion matrix",
    )
    points = state["selection"]["points"] if state else []
    if not points:
        st.caption("Click a cell to see its pictures.")
        return
    true, predicted = (int(shown[int(number)]) for number in points[0]["customdata"][:2])
    rows = np.flatnonzero((one.truth == true) & (one.probabilities.argmax(axis=1) == predicted))
    show_cell(data, rows, f"True class {plain(report.names[true])}, predicted {plain(report.names[predicted])}")


def show_cell(data: LabeledItems, rows: NDArray[np.int64], title: str) -> None:
    """A gallery of some rows of the data."""
    more = f", the first {_CELL}" if len(rows) > _CELL else ""
    st.markdown(f"**{title}: {counted(len(rows), 'picture')}{more}**")
    items = [data.items[row] for row in rows[:_CELL]]
    gallery([Card(item) for item in items], key="cell_gallery", on_open=open_details, on_like=more_like)
    show_details((), items)


def _most_confused(confusion: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of the classes with most errors, in their order."""
    wrong = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")[:_MATRIX]
    return np.sort(order)


def _by_class(report: ClassReport) -> None:
    st.markdown("**By class**")
    share: dict[str, Any] = {"min_value": 0.0, "max_value": 1.0, "format": "%.2f", "width": "small"}
    st.dataframe(
        [
            {
                "class": entry.name,
                "pictures": entry.items,
                "precision": entry.precision,
                "recall": entry.recall,
                "recall between": _range(compute_share_interval(entry.recall, max(entry.items, 1))),
            }
            for entry in sorted(report.classes, key=lambda value: value.f1)
        ],
        hide_index=True,
        height=320,
        key="by_class",
        column_config={
            "precision": st.column_config.ProgressColumn(
                **share, help="Share of the pictures predicted as this class that are of it, 0 to 1."
            ),
            "recall": st.column_config.ProgressColumn(
                **share, help="Share of the pictures of this class that are predicted as it, 0 to 1."
            ),
        },
    )
