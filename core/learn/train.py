"""Learning the embedding, epoch by epoch; it can be stopped at any moment and go on from there (torch)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import DataError
from core.learn.epochs import MOST_EPOCHS, Epoch, Settings
from core.learn.measure import baselines, hits, same_genre
from core.learn.model import NextMovie, joined
from core.learn.movies import Watched
from core.learn.sequences import Examples, split
from core.progress import OnProgress, Progress
from core.threads import one_thread

_BATCH = 1024
_MOST_DRAWN = 1500
_SAMPLE = 4096  # examples that the loss before learning is told by
_DECAY = 1e-4  # pulls weights to 0: without it 64 dimensions learn the examples by heart


class Training:
    """A layer that learns which movie is watched next. epochs: so far; the first is the layer before it learned.

    Deterministic given the settings' seed: one that was stopped and went on is the same as one that was not.
    """

    def __init__(self, watched: Watched, settings: Settings | None = None) -> None:
        """Raises DataError where there is nothing to learn."""
        self.watched, self.settings = watched, settings or Settings()
        self.split = split(watched.log, seed=self.settings.seed)
        self.baselines = baselines(self.split, watched.movies)
        self.feature_names, self.features = joined(watched.movies, self.settings)
        self._random = torch.Generator().manual_seed(self.settings.seed)
        self._model = NextMovie(self.features, self.settings, self._random)
        self._optimiser = torch.optim.Adam(self._model.parameters(), lr=self.settings.rate, weight_decay=_DECAY)
        self._at, self._sum, self._seconds = 0, 0.0, 0.0  # in the pass that is under way
        first = np.arange(min(_SAMPLE, len(self.split.learned)))
        with one_thread(), torch.no_grad():
            self.epochs = [self._measured(0, float(self._loss(first)))]

    def run(
        self, epochs: int, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None
    ) -> Iterator[Epoch]:
        """So many epochs more, each when it is there. Ends early once `cancel` is set; the next run goes on from there,
        in the middle of a pass too. Raises DataError for more than 100 in all."""
        if len(self.epochs) - 1 + epochs > MOST_EPOCHS:
            raise DataError(
                f"A training takes {MOST_EPOCHS} epochs at the most: start anew, perhaps with a higher rate."
            )
        started, begun = time.perf_counter(), len(self.epochs) - 1
        examples = len(self.split.learned)

        def tell() -> None:
            if on_progress:
                done = (len(self.epochs) - 1 - begun) * examples + self._at
                on_progress(Progress("learn", done, epochs * examples, time.perf_counter() - started, "examples"))

        for _ in range(epochs):
            order = np.random.default_rng((self.settings.seed, len(self.epochs))).permutation(examples)
            with one_thread():  # for a pass, not beyond: what asks for the next may be another thread
                while self._at < examples:
                    if cancel is not None and cancel.is_set():
                        return
                    self._step(order[self._at : self._at + _BATCH])
                    tell()
                self.epochs.append(self._ended())
            yield self.epochs[-1]

    @property
    def drawn(self) -> NDArray[np.int64]:
        """The movies to draw on a map, most watched first: all, or the first 1,500."""
        return np.argsort(-self.split.popularity, kind="stable")[:_MOST_DRAWN]

    def edges(self, movie: int) -> list[tuple[str, float, NDArray[np.float32]]]:
        """The input nodes that a movie lights: name, value, and the weights of its d edges. Their sum, each by its
        value, is the embedding of the movie."""
        own, shared = self._model.own.detach().numpy(), self._model.shared.detach().numpy()
        lit = [
            (name, float(value), shared[number].copy())
            for number, (name, value) in enumerate(zip(self.feature_names, self.features[movie], strict=True))
            if value
        ]
        return [(self.watched.movies.name(movie), 1.0, own[movie].copy()), *lit]

    def _step(self, rows: NDArray[np.int64]) -> None:
        started = time.perf_counter()
        self._optimiser.zero_grad()
        loss = self._loss(rows)
        loss.backward()
        self._optimiser.step()
        self._sum += float(loss.detach()) * len(rows)
        self._at += len(rows)
        self._seconds += time.perf_counter() - started

    def _loss(self, rows: NDArray[np.int64]) -> torch.Tensor:
        histories, weights, targets = _tensors(self.split.learned, rows)
        negatives = None
        if self.settings.negatives:
            shape = (len(rows), self.settings.negatives)
            negatives = torch.randint(len(self.watched.movies), shape, generator=self._random)
        return self._model.loss(self._model(histories, weights), targets, negatives)

    def _ended(self) -> Epoch:
        epoch = self._measured(len(self.epochs), self._sum / self._at)
        self._at, self._sum, self._seconds = 0, 0.0, 0.0
        return epoch

    def _measured(self, number: int, loss: float) -> Epoch:
        with torch.no_grad():
            embedding = self._model.embedding().numpy().copy()
            recall = self._recall()
        genre = same_genre(embedding, self.watched.movies)
        return Epoch(number, loss, recall, genre, embedding, self._seconds)

    def _recall(self) -> float | None:
        held = self.split.held
        if not len(held):
            return None
        found = 0
        for at in range(0, len(held), _BATCH):
            rows = slice(at, at + _BATCH)
            histories, weights, _ = _tensors(held, rows)
            found += int(hits(self._model.scores(self._model(histories, weights)).numpy(), self.split, rows).sum())
        return found / len(held)


def _tensors(examples: Examples, rows: NDArray[np.int64] | slice) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    histories, weights, targets = examples.histories[rows], examples.weights[rows], examples.targets[rows]
    return torch.from_numpy(histories), torch.from_numpy(weights), torch.from_numpy(targets)
