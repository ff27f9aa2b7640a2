"""Two encoders measured on ground truth: captions and labels of a library."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.geometry.ground_truth import (
    MOST_CAPTIONS,
    Retrieval,
    ZeroShotAccuracy,
    measure_retrieval,
    measure_zero_shot_accuracy,
)
from core.progress import Task
from ui.jobs.tasks import task_button
from ui.models.choice import short_title
from ui.models.cost import show_comparison
from ui.text import counted, plain
from ui.widgets.reference_data import GroundTruth, known_section

Measured = tuple[list[Retrieval], list[ZeroShotAccuracy]]


def truth_section(library: Library, encoders: tuple[Encoder, Encoder]) -> None:
    known = known_section(library, encoders[0])
    if not known.captions and not known.labels:
        st.caption("Give captions or labels above to measure which encoder is right.")
        return

    def work(task: Task) -> Measured:
        found = measure_retrieval(library, encoders, known.captions, task=task) if known.captions else []
        return found, measure_zero_shot_accuracy(library, encoders, dict(known.labels)) if known.labels else []

    about = (library.path, *(encoder.id for encoder in encoders), known)
    measured = task_button("models truth", "Measure both", work, title="Measuring both", about=about, note=_note(known))
    if measured is not None:
        _shown(encoders, *measured)


def _note(known: GroundTruth) -> str:
    if not known.captions:
        return "Classifies every labeled picture with both, by the names of the classes."
    return f"Embeds {counted(min(len(known.captions), MOST_CAPTIONS), 'caption')} with both; takes seconds or minutes."


def _shown(encoders: tuple[Encoder, Encoder], found: list[Retrieval], accuracies: list[ZeroShotAccuracy]) -> None:
    rows: dict[str, list[str]] = {}
    if found:
        chance = found[0].chance
        for k, share in (("r1", chance.r1), ("r5", chance.r5), ("r10", chance.r10)):
            first = k.removeprefix("r")
            rows[f"caption finds its picture, first {first}"] = [
                *(f"{getattr(entry.t2i, k):.2f}" for entry in found), f"{share:.3f}",
            ]  # fmt: skip
            rows[f"picture finds a caption of it, first {first}"] = [f"{getattr(entry.i2t, k):.2f}" for entry in found]
    if accuracies:
        cells = [f"{entry.accuracy:.2f}" for entry in accuracies]
        rows[f"right class of {accuracies[0].classes}, by names alone"] = [*cells, f"{accuracies[0].chance:.3f}"]
    show_comparison(rows, encoders, key="truths")
    on = [f"{counted(found[0].captions, 'caption')} of {counted(found[0].pool, 'item')}"] if found else []
    on += [f"{counted(accuracies[0].items, 'labeled item')}; "
            f"always the most frequent class: {accuracies[0].commonest:.2f}"
           ] if accuracies else []  # fmt: skip
    st.caption(f"Shares, 0 to 1, of {' and '.join(on)} that both have embedded.")
    for place, encoder in enumerate(encoders):
        verdicts = [entry[place].is_guessing for entry in (found, accuracies) if entry]
        if all(verdicts):
            st.warning(
                f"{plain(short_title(encoder))} is no better than chance here: it does not relate words to "
                "pictures.", icon=":material/casino:",
            )  # fmt: skip
