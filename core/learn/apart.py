"""A training that works in a process apart for as long as it runs, so that what torch takes goes back when it rests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.apart.calls import stream
from core.errors import DataError
from core.learn.epochs import MOST_EPOCHS, TOO_MANY, Baselines, Epoch, Settings, State
from core.learn.features import Edge, edges_of
from core.learn.movies import Watched
from core.progress import OnProgress


@dataclass(frozen=True, eq=False)
class About:
    """What a training knows from the start. held: viewers whose last movie was held out. Otherwise see `Training`."""

    baselines: Baselines
    held: int
    drawn: NDArray[np.int64]
    feature_names: tuple[str, ...]
    features: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Step:
    """Where a training stands. epoch: that has just ended; None where it was stopped within one."""

    epoch: Epoch | None
    state: State


class TrainingApart:
    """As `Training`; about and epochs are there once it runs. One that broke down goes on after its last epoch."""

    def __init__(self, watched: Watched, settings: Settings | None = None) -> None:
        self.watched, self.settings = watched, settings or Settings()
        self._about: About | None = None
        self.epochs: list[Epoch] = []
        self._state: State | None = None

    def run(
        self, epochs: int, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None
    ) -> Iterator[Epoch]:
        """As `Training.run`. Raises ApartError too, and Cancelled where it was stopped before it stood."""
        if len(self.epochs) - 1 + epochs > MOST_EPOCHS:
            raise DataError(TOO_MANY)
        for told in stream(
            learn, self.watched, self.settings, epochs, self._state, on_progress=on_progress, cancel=cancel
        ):
            if isinstance(told, About):
                self._about = told
                continue
            self._state = told.state
            if told.epoch is not None:
                self.epochs.append(told.epoch)
                if told.epoch.number:
                    yield told.epoch

    def edges(self, movie: int) -> list[Edge]:
        """The input nodes that a movie lights, see `edges_of`."""
        assert self._state is not None
        names, values, weights = self.about.feature_names, self.about.features, self._state.weights
        return edges_of(self.watched.movies, movie, names, values, weights["own"], weights["shared"])

    @property
    def about(self) -> About:
        """What is known of it since it ran."""
        assert self._about is not None
        return self._about


def learn(
    watched: Watched,
    settings: Settings,
    epochs: int,
    state: State | None,
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[About | Step]:
    """The work in the process apart: of a new training what is known, and its untrained layer; then each epoch; at
    last where it was stopped."""
    from core.learn.train import Training  # loads torch

    training = Training(watched, settings, state=state)
    if state is None:
        yield About(
            training.baselines, len(training.split.held), training.drawn, training.feature_names, training.features
        )
        yield Step(training.epochs[0], training.state())
    for epoch in training.run(epochs, on_progress=on_progress, cancel=cancel):
        yield Step(epoch, training.state())
    yield Step(None, training.state())
