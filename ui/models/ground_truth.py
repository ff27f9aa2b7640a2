"""What is known of a library's pictures, and which encoder says so more often."""

from __future__ import annotations

import threading

import streamlit as st

from core import Encoder, Library
from core.geometry.ground_truth import (
    MOST_CAPTIONS,
    Retrieval,
    ZeroShotAccuracy,
    measure_retrieval,
    measure_zero_shot_accuracy,
)
from core.progress import OnProgress
from ui.jobs.tasks import task_button
from ui.models.choice import short_title
from ui.models.cost import show_comparison
from ui.text import counted, plain
from ui.widgets.reference_data import GroundTruth, known_section

Measured = tuple[list[Retrieval], list[ZeroShotAccuracy]]


def truth_section(library: Library, encoders: tuple[Encoder, Encoder]) -> None:
    known = known_section(library, encoders[0])
    if not known.captions and not known.labels:
        st.caption(
            "Give captions or labels above: without, nobody can say which encoder is right, only how they differ."
        )
        return

    def work(report: OnProgress, cancel: threading.Event) -> Measured:
        found = (
            measure_retrieval(library, encoders, known.captions, on_progress=report, cancel=cancel)
            if known.captions
            else []
        )
        return found, measure_zero_shot_accuracy(library, encoders, dict(known.labels)) if known.labels else []

    about = (library.path, *(encoder.id for encoder in encoders), known)
    measured = task_button("models truth", "Measure both", work, title="Measuring both", about=about, note=_note(known))
    if measured is not None:
        _shown(encoders, *measured)


def _note(known: GroundTruth) -> str:
    if not known.captions:
        return "Tells every labeled picture by the names of the classes, with both."
    return f"Embeds {counted(min(len(known.captions), MOST_CAPTIONS), 'caption')} with both; some seconds, or minutes."


def _shown(encoders: tuple[Encoder, Encoder], found: list[Retrieval], predictions: list[ZeroShotAccuracy]) -> None:
    rows: dict[str, list[str]] = {}
    if found:
        chance = found[0].chance
        for k, share in (("r1", chance.r1), ("r5", chance.r5), ("r10", chance.r10)):
            first = k.removeprefix("r")
            rows[f"caption finds its picture, first {first}"] = [
                *(f"{getattr(entry.t2i, k):.2f}" for entry in found), f"{share:.3f}",
            ]  # fmt: skip
            rows[f"picture finds a caption of it, first {first}"] = [f"{getattr(entry.i2t, k):.2f}" for entry in found]
    if predictions:
        cells = [f"{entry.accuracy:.2f}" for entry in predictions]
        rows[f"right class of {predictions[0].classes}, by names alone"] = [*cells, f"{predictions[0].chance:.3f}"]
    show_comparison(rows, encoders, key="truths")
    on = [f"{counted(found[0].captions, 'caption')} of {counted(found[0].pool, 'item')}"] if found else []
    on += [f"{counted(predictions[0].items, 'labeled item')}; "
            f"always the most frequent class: {predictions[0].commonest:.2f}"
           ] if predictions else []  # fmt: skip
    st.caption(f"Shares, 0 to 1, of {' and '.join(on)} that both have embedded.")
    for place, encoder in enumerate(encoders):
        verdicts = [entry[place].is_guessing for entry in (found, predictions) if entry]
        if all(verdicts):
            st.warning(
                f"{plain(short_title(encoder))} does no better than guessing here: to it, words and pictures have "
                "nothing to do with each other.", icon=":material/casino:",
            )  # fmt: skip
