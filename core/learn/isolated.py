"""Training in a child process, so that the memory of torch is freed when it stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.errors import DataError
from core.isolation.calls import stream_isolated
from core.learn.edges import Edge, get_edges
from core.learn.source import Source
from core.learn.state import MOST_EPOCHS, TOO_MANY, Baselines, Epoch, State, TrainingSettings
from core.progress import SILENT, Task


@dataclass(frozen=True, eq=False)
class TrainingInfo:
    """Facts of a training that are known from the start, see `Training`. held_out: examples that are held
    out.
    """

    baselines: Baselines
    held_out: int
    drawn: NDArray[np.int64]
    feature_names: tuple[str, ...]
    features: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Step:
    """Progress of a training. epoch: the one that has just ended; None if it was stopped within one."""

    epoch: Epoch | None
    state: State


class IsolatedTraining:
    """A `Training` in a child process; after a crash it resumes from its last epoch.

    Parameters
    ----------
    source : Source
    settings : TrainingSettings, optional

    Attributes
    ----------
    epochs : list of Epoch
        Filled while it runs; the first is the untrained layer.
    """

    def __init__(self, source: Source, settings: TrainingSettings | None = None) -> None:
        self.source, self.settings = source, settings or TrainingSettings()
        self._info: TrainingInfo | None = None
        self.epochs: list[Epoch] = []
        self._state: State | None = None

    @task_keywords
    def run(self, epochs: int, *, task: Task = SILENT) -> Iterator[Epoch]:
        """As `Training.run`. Raises ApartError too, and Cancelled if it was stopped before it was ready."""
        if len(self.epochs) - 1 + epochs > MOST_EPOCHS:
            raise DataError(TOO_MANY)
        for message in stream_isolated(run_training, self.source, self.settings, epochs, self._state, task=task):
            if isinstance(message, TrainingInfo):
                self._info = message
                continue
            self._state = message.state
            if message.epoch is not None:
                self.epochs.append(message.epoch)
                if message.epoch.number:
                    yield message.epoch

    def edges(self, item: int) -> list[Edge]:
        """The active input nodes of an item, see `get_edges`."""
        assert self._state is not None
        names, values, weights = self.info.feature_names, self.info.features, self._state.weights
        return get_edges(self.source.items, item, names, values, weights["own"], weights["shared"])

    @property
    def info(self) -> TrainingInfo:
        """Facts of the training, available once it runs."""
        assert self._info is not None
        return self._info


def run_training(
    source: Source, settings: TrainingSettings, epochs: int, state: State | None, *, task: Task = SILENT
) -> Iterator[TrainingInfo | Step]:
    """The work of the child process.

    For a new training, yields its info and its untrained layer; then each epoch; at last the state in which it stopped.
    """
    from core.learn.train import Training  # loads torch

    training = Training(source, settings, state=state)
    if state is None:
        yield TrainingInfo(
            training.baselines, len(training.split.held), training.drawn, training.feature_names, training.features
        )
        yield Step(training.epochs[0], training.state())
    for epoch in training.run(epochs, task=task):
        yield Step(epoch, training.state())
    yield Step(None, training.state())
