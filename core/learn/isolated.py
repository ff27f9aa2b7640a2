"""A training that works in a process apart for as long as it runs, so that what torch takes goes back when it rests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.isolation.calls import stream_isolated
from core.learn.features import Edge, get_edges
from core.learn.movies import Watched
from core.learn.state import MOST_EPOCHS, TOO_MANY, Baselines, Epoch, State, TrainingSettings
from core.progress import OnProgress


@dataclass(frozen=True, eq=False)
class TrainingInfo:
    """What a training knows from the start. held: viewers whose last movie was held out. Otherwise see `Training`."""

    baselines: Baselines
    held_out: int
    drawn: NDArray[np.int64]
    feature_names: tuple[str, ...]
    features: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Step:
    """Where a training stands. epoch: that has just ended; None where it was stopped within one."""

    epoch: Epoch | None
    state: State


class IsolatedTraining:
    """As `Training`; about and epochs are there once it runs. One that broke down goes on after its last epoch."""

    def __init__(self, watched: Watched, settings: TrainingSettings | None = None) -> None:
        self.watched, self.settings = watched, settings or TrainingSettings()
        self._about: TrainingInfo | None = None
        self.epochs: list[Epoch] = []
        self._state: State | None = None

    def run(
        self, epochs: int, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None
    ) -> Iterator[Epoch]:
        """As `Training.run`. Raises ApartError too, and Cancelled where it was stopped before it stood."""
        if len(self.epochs) - 1 + epochs > MOST_EPOCHS:
            raise DataError(TOO_MANY)
        for predictions in stream_isolated(
            run_training, self.watched, self.settings, epochs, self._state, on_progress=on_progress, cancel=cancel
        ):
            if isinstance(predictions, TrainingInfo):
                self._about = predictions
                continue
            self._state = predictions.state
            if predictions.epoch is not None:
                self.epochs.append(predictions.epoch)
                if predictions.epoch.number:
                    yield predictions.epoch

    def edges(self, movie: int) -> list[Edge]:
        """The input nodes that a movie lights, see `get_edges`."""
        assert self._state is not None
        names, values, weights = self.info.feature_names, self.info.features, self._state.weights
        return get_edges(self.watched.movies, movie, names, values, weights["own"], weights["shared"])

    @property
    def info(self) -> TrainingInfo:
        """What is known of it since it ran."""
        assert self._about is not None
        return self._about


def run_training(
    watched: Watched,
    settings: TrainingSettings,
    epochs: int,
    state: State | None,
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[TrainingInfo | Step]:
    """The work in the process apart: of a new training what is known, and its untrained layer; then each epoch; at
    last where it was stopped."""
    from core.learn.train import Training  # loads torch

    training = Training(watched, settings, state=state)
    if state is None:
        yield TrainingInfo(
            training.baselines, len(training.split.held), training.drawn, training.feature_names, training.features
        )
        yield Step(training.epochs[0], training.state())
    for epoch in training.run(epochs, on_progress=on_progress, cancel=cancel):
        yield Step(epoch, training.state())
    yield Step(None, training.state())
