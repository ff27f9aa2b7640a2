"""Learn an embedding: a small network learns which movie or word comes next, and the map of them forms."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.learn.table import embedding_csv
from core.learn.words.text import Vocabulary
from core.policy import get_policy
from ui.jobs.work import get_result
from ui.learn.charts import figures, live, notes, over_epochs, show_recorded
from ui.learn.item import item_section
from ui.learn.movie_sources import SIMULATED, movie_source
from ui.learn.questions import questions_section
from ui.learn.snippet import python_lines
from ui.learn.source import subject_section
from ui.learn.training import buttons, current_run, settings_section
from ui.learn.word_sources import word_source
from ui.widgets.code_block import in_python


def page() -> None:
    controls, beside = st.columns([1.5, 2.4], gap="medium")
    with controls:
        subject = subject_section()
        choice = word_source() if subject == "words" else movie_source()
        settings, epochs = settings_section(subject)
        buttons(choice, settings, epochs)
    item = learned(beside)
    if current_run() is None and choice is not None and choice.key == SIMULATED:
        with beside:
            show_recorded()
    if choice is not None:
        in_python(python_lines(choice, settings, epochs, item))


def learned(beside: DeltaGenerator) -> str | None:
    """Shows the training of this visit, its map beside the settings; returns the name of the chosen item."""
    current = current_run()
    if current is None:
        return None
    run, job = current
    if job.running:
        with beside:
            live(run, job)
        return None
    if job.error is not None:
        get_result(job)
    training = run.training
    if training is None:
        return None
    with beside:
        over_epochs(run, training)
    notes(training)
    figures(training, run.epochs)
    chosen = item_section(training)
    items = training.source.items
    if isinstance(items, Vocabulary):
        questions_section(items, training.epochs[-1].embedding)
    st.download_button(
        "Download the embedding (CSV)",
        lambda: embedding_csv(items, training.epochs[-1].embedding, redact=get_policy().display_path),
        "embedding.csv", "text/csv", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    return items.name(chosen)
