"""What a training has learned: curves and map while it learns, and over all its epochs once it rests."""

from __future__ import annotations

import streamlit as st

from core.learn.isolated import IsolatedTraining
from core.learn.maps import compute_maps, load_recorded
from core.learn.state import Epoch
from core.learn.words.text import Text
from core.plots.training import loss_line, share_lines
from core.plots.training_map import item_map, map_over_epochs
from ui.errors import boundary
from ui.jobs.jobs import Job
from ui.learn.training import Run
from ui.learn.wording import get_example, get_size, get_target
from ui.session.cache import get_cached
from ui.session.encoders import progress_text
from ui.session.queue import place_text
from ui.text import counted, percent, plain

_STILL = {"displayModeBar": False}
_EVERY_S = 0.8
_LABELED_WORDS = 70
_HELD_OUT = {
    "movie": "Share of viewers whose held-out last movie is among ten guesses. Seen movies are excluded.",
    "word": "Share of words of held-out sentences that are among ten guesses.",
}


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
            st.plotly_chart(_newest(run, run.training), key="learn_map", config=_STILL, alt="Items on a map")
            figures(run.training, run.epochs)


def show_recorded() -> None:
    """Before the first training of a visit: one that ended, to be played."""
    recorded = load_recorded()
    epochs = len(recorded.maps) - 1
    title = f"A training that ended: {counted(len(recorded.items), 'movie')} after {counted(epochs, 'epoch')}"
    figure = get_cached(
        "learn recorded", None, recorded,
        lambda: map_over_epochs(recorded.maps, range(epochs + 1), recorded.items, axes="weights", title=title),
    )  # fmt: skip
    st.plotly_chart(figure, key="learn_recorded", config=_STILL, alt="Movies on a map, epoch by epoch")
    st.caption("Press Play to see how the map forms. Start trains a network of your own.")


def figures(training: IsolatedTraining, epochs: list[Epoch]) -> None:
    """The numbers of the last epoch, and the curves so far."""
    last, chance = epochs[-1], training.info.baselines
    items, target = training.source.items, get_target(training.source)
    with st.container(horizontal=True, key="learn_numbers"):
        st.metric("Epochs", last.number)
        if last.same_genre is not None and chance.same_genre is not None:
            st.metric(
                f"Neighbors of the same {items.group_noun}", percent(last.same_genre),
                f"{last.same_genre / chance.same_genre:.1f} times chance", delta_color="off", delta_arrow="off",
                help=f"Of the ten nearest {items.noun}s of each, the share with the same main {items.group_noun}.",
            )  # fmt: skip
        if last.recall is not None and chance.popular is not None:
            st.metric(
                f"{target[0].upper()}{target[1:]} in ten guesses", percent(last.recall, 1),
                f"popularity: {percent(chance.popular, 1)}",
                delta_color="off", delta_arrow="off",
                help=_HELD_OUT[items.noun],
            )  # fmt: skip
        st.metric("Time per epoch", f"{last.seconds:.2f} s" if last.number else "…")
    loss, shares = st.columns(2)
    loss.plotly_chart(
        loss_line(epochs, items=len(items), negatives=training.settings.negatives, noun=target), key="learn_loss",
        config=_STILL, alt="Loss",
    )  # fmt: skip
    if last.recall is not None or last.same_genre is not None:
        figure = share_lines(epochs, training.info.baselines, noun=target, group=items.group_noun)
        shares.plotly_chart(figure, key="learn_shares", config=_STILL, alt="Recall and neighbors of the same group")


def over_epochs(run: Run, training: IsolatedTraining) -> None:
    """The map of every epoch, to be played."""
    epochs, drawn = run.epochs, training.info.drawn
    items = training.source.items.subset(drawn)
    maps = get_cached("learn maps", len(epochs), training, lambda: compute_maps([epoch.embedding for epoch in epochs]))
    st.plotly_chart(
        map_over_epochs(
            [entry[drawn] for entry in maps], [epoch.number for epoch in epochs], items,
            title=f"{counted(len(drawn), items.noun)}, {_axes_said(training)}", axes=_axes(training),
            labels=_count_labels(training),
        ),
        key="learn_epochs", config=_STILL, alt="Items on a map, epoch by epoch",
    )  # fmt: skip
    plane = "" if training.settings.dim <= 3 else "The plane is that of the largest variance in the last epoch (PCA). "
    st.caption(
        f"{_show_training(training)} {plane}Press Play, or drag the slider. Click a {items.group_noun} to hide it."
    )


def notes(training: IsolatedTraining) -> None:
    """The source of the data and what was left out."""
    source, held = training.source, training.info.held_out
    notes = [get_size(source), *map(plain, source.notes)]
    if not held:
        notes.append("Nothing could be held out, so there is nothing to measure the predictions on.")
    elif held < 30:
        notes.append(f"Only {counted(held, get_example(source))} to measure on: the recall is unreliable.")
    icon = ":material/science:" if source.simulated else ":material/database:"
    st.caption(f"{icon} **{plain(source.source)}**: " + " ".join(notes))


def _newest(run: Run, training: IsolatedTraining) -> object:
    drawn = training.info.drawn
    title = f"Epoch {run.epochs[-1].number}: {counted(len(drawn), training.source.items.noun)}, {_axes_said(training)}"
    return item_map(
        run.newest_map()[drawn], training.source.items.subset(drawn), title=title, axes=_axes(training),
        labels=_count_labels(training),
    )  # fmt: skip


def _count_labels(training: IsolatedTraining) -> int:
    """Names that the map has room for: words are short, titles of movies are not."""
    return _LABELED_WORDS if isinstance(training.source, Text) else 0


def _axes(training: IsolatedTraining) -> str:
    return "weights" if training.settings.dim <= 3 else "plane"


def _axes_said(training: IsolatedTraining) -> str:
    dim = training.settings.dim
    return "the weights are the axes" if dim <= 3 else f"a plane in {dim} dimensions"


def _show_training(training: IsolatedTraining) -> str:
    if isinstance(training.source, Text):
        return "The layer never gets a meaning. Words that stand in like places of sentences get like numbers."
    if training.settings.genres:
        return "Genres were inputs here, so it is no discovery that movies of one genre are close."
    return (
        "The layer never gets a genre. It groups movies of one genre because it predicts what is watched next, and who "
        "watches one Western often watches another."
    )
