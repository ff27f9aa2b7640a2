"""What a training has learned: curves and map while it learns, and over all its epochs once it rests."""

from __future__ import annotations

import streamlit as st

from core.learn.isolated import IsolatedTraining
from core.learn.maps import compute_maps
from core.learn.state import Epoch
from core.plots.training import loss_line, share_lines
from core.plots.training_map import map_over_epochs, movie_map
from ui.errors import boundary
from ui.jobs.jobs import Job
from ui.learn.training import Run
from ui.session.cache import get_cached
from ui.session.encoders import progress_text
from ui.session.queue import place_text
from ui.text import counted, percent, plain

_STILL = {"displayModeBar": False}
_EVERY_S = 0.8


@st.fragment(run_every=_EVERY_S)
def live(run: Run, job: Job[Run]) -> None:
    """During the training: its progress, the curves and the map of the last epoch."""
    with boundary():
        if not job.running:
            st.rerun()
        now = job.progress
        text = progress_text(now) if now else "Reading the data …"
        if job.cancel.is_set():
            text = "Stopping …"
        elif job.waits_for is not None:
            text = place_text(job.waits_for)
        st.progress(now.fraction if now else 0.0, text=text)
        if run.training is not None:
            figures(run.training, run.epochs)
            st.plotly_chart(_newest(run, run.training), key="learn_map", config=_STILL, alt="Movies on a map")


def figures(training: IsolatedTraining, epochs: list[Epoch]) -> None:
    """The numbers of the last epoch, and the curves so far."""
    last, chance = epochs[-1], training.info.baselines
    with st.container(horizontal=True, key="learn_numbers"):
        st.metric("Epochs", last.number)
        if last.same_genre is not None and chance.same_genre is not None:
            st.metric(
                "Neighbors of the same genre", percent(last.same_genre),
                f"{last.same_genre / chance.same_genre:.1f} times chance", delta_color="off", delta_arrow="off",
                help="Of the ten nearest movies of each, the share with the same main genre.",
            )  # fmt: skip
        if last.recall is not None and chance.popular is not None:
            st.metric(
                "Next movie in ten guesses", percent(last.recall, 1), f"popularity: {percent(chance.popular, 1)}",
                delta_color="off", delta_arrow="off",
                help="Share of viewers whose held-out last movie is among ten guesses. Seen movies are excluded.",
            )  # fmt: skip
        st.metric("Time per epoch", f"{last.seconds:.2f} s" if last.number else "…")
    settings, movies = training.settings, len(training.watched.movies)
    loss, shares = st.columns(2)
    loss.plotly_chart(
        loss_line(epochs, movies=movies, negatives=settings.negatives), key="learn_loss", config=_STILL, alt="Loss"
    )
    if last.recall is not None or last.same_genre is not None:
        figure = share_lines(epochs, training.info.baselines)
        shares.plotly_chart(figure, key="learn_shares", config=_STILL, alt="Recall and neighbors of the same genre")


def over_epochs(run: Run, training: IsolatedTraining) -> None:
    """The map of every epoch, to be played."""
    epochs, drawn = run.epochs, training.info.drawn
    movies = training.watched.movies.subset(drawn)
    maps = get_cached("learn maps", len(epochs), training, lambda: compute_maps([epoch.embedding for epoch in epochs]))
    st.subheader("From noise to order", anchor=False)
    st.plotly_chart(
        map_over_epochs(
            [entry[drawn] for entry in maps], [epoch.number for epoch in epochs], movies,
            title=f"{counted(len(drawn), 'movie')}, {_axes_said(training)}", axes=_axes(training),
        ),
        key="learn_epochs", config=_STILL, alt="Movies on a map, epoch by epoch",
    )  # fmt: skip
    plane = "" if training.settings.dim <= 3 else "The plane is that of the largest variance in the last epoch (PCA). "
    st.caption(f"{_show_training(training)} {plane}Press Play, or drag the slider. Click a genre to hide it.")


def notes(training: IsolatedTraining) -> None:
    """The source of the data and what was left out."""
    watched = training.watched
    notes = [
        f"{counted(len(watched.log.user_names), 'viewer')}, {counted(len(watched.movies), 'movie')}, "
        f"{len(watched.log):,} views.",
        *map(plain, watched.notes),
    ]
    if not training.info.held_out:
        notes.append("No viewer watched three movies, so there is no held-out data to measure on.")
    elif training.info.held_out < 30:
        notes.append(f"Only {counted(training.info.held_out, 'viewer')} to measure on: the recall is unreliable.")
    icon = ":material/science:" if watched.simulated else ":material/movie:"
    st.caption(f"{icon} **{plain(watched.source)}**: " + " ".join(notes))


def _newest(run: Run, training: IsolatedTraining) -> object:
    drawn = training.info.drawn
    title = f"Epoch {run.epochs[-1].number}: {counted(len(drawn), 'movie')}, {_axes_said(training)}"
    return movie_map(run.newest_map()[drawn], training.watched.movies.subset(drawn), title=title, axes=_axes(training))


def _axes(training: IsolatedTraining) -> str:
    return "weights" if training.settings.dim <= 3 else "plane"


def _axes_said(training: IsolatedTraining) -> str:
    dim = training.settings.dim
    return "the weights are the axes" if dim <= 3 else f"a plane in {dim} dimensions"


def _show_training(training: IsolatedTraining) -> str:
    if training.settings.genres:
        return "Genres were inputs here, so it is no discovery that movies of one genre are close."
    return (
        "The layer never gets a genre. It groups movies of one genre because it predicts what is watched next, and who "
        "watches one Western often watches another."
    )
