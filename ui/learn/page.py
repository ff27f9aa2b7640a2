"""Learn an embedding: a small network learns which movie is watched next, and the map of movies forms."""

from __future__ import annotations

import streamlit as st

from core.learn.movies import embedding_csv
from core.policy import get_policy
from ui.jobs.work import get_result
from ui.learn.charts import figures, live, notes, over_epochs
from ui.learn.movie import movie_section
from ui.learn.snippet import python_lines
from ui.learn.source import source_section
from ui.learn.training import buttons, current_run, settings_section
from ui.widgets.code_block import in_python


def page() -> None:
    source = source_section()
    settings, epochs = settings_section()
    buttons(source, settings, epochs)
    movie = learned()
    in_python(python_lines(source, settings, epochs, movie))


def learned() -> str | None:
    """Shows the training of this visit; returns the title of the chosen movie."""
    current = current_run()
    if current is None:
        return None
    run, job = current
    if job.running:
        live(run, job)
        return None
    if job.error is not None:
        get_result(job)
    training = run.training
    if training is None:
        return None
    notes(training)
    figures(training, run.epochs)
    over_epochs(run, training)
    chosen = movie_section(training)
    movies = training.watched.movies
    st.download_button(
        "Download the embedding (CSV)",
        lambda: embedding_csv(movies, training.epochs[-1].embedding, redact=get_policy().display_path),
        "embedding.csv", "text/csv", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    return movies.titles[chosen]
