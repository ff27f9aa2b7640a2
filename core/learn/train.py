"""Trains the embedding epoch by epoch; it can be stopped at any step and resumed (torch)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim.adam import adam

from core.deprecated import task_keywords
from core.errors import DataError
from core.learn.edges import Edge, get_edges
from core.learn.metrics import count_hits, measure_baselines, measure_same_group
from core.learn.model import ContextModel
from core.learn.source import Examples, Source
from core.learn.state import MOST_EPOCHS, TOO_MANY, Epoch, State, TrainingSettings
from core.progress import SILENT, Task
from core.utils.blas_threads import limit_to_one_thread

_BATCH = 1024
_MOST_DRAWN = 1500
_SAMPLE = 4096  # examples for the loss before training
_DECAY = 1e-4  # weight decay (L2), without which 64 dimensions overfit


class Training:
    """Trains a layer to predict the item that belongs to a context: the movie watched next, or a word.

    Deterministic given the seed of the settings; a stopped and resumed training equals an uninterrupted one.

    Parameters
    ----------
    source : Source
        Such as Watched (movies) or Text (words).
    settings : TrainingSettings, optional
    state : State, optional
        Of a training with equal arguments, which is resumed; its past epochs are unknown.

    Attributes
    ----------
    epochs : list of Epoch
        So far; the first is the untrained layer.

    Raises
    ------
    DataError
        There is nothing to learn.
    """

    def __init__(self, source: Source, settings: TrainingSettings | None = None, *, state: State | None = None) -> None:
        self.source, self.settings = source, settings or TrainingSettings()
        self.split = source.split(seed=self.settings.seed)
        self.baselines = measure_baselines(self.split, source.items)
        self.feature_names, self.features = source.items.features(self.settings)
        self._random = torch.Generator().manual_seed(self.settings.seed)
        self._model = ContextModel(self.features, self.settings, self._random)
        self._weights = dict(self._model.named_parameters())
        self._adam = Adam(self._weights, rate=self.settings.rate, decay=_DECAY)
        self._passes = 0  # complete epochs
        self._at, self._sum, self._seconds = 0, 0.0, 0.0  # of the current epoch
        self.epochs: list[Epoch] = []
        if state is not None:
            self._resume(state)
            return
        first = np.arange(min(_SAMPLE, len(self.split.learned)))
        with limit_to_one_thread(), torch.no_grad():
            self.epochs.append(self._measure_epoch(0, float(self._loss(first))))

    @task_keywords
    def run(self, epochs: int, *, task: Task = SILENT) -> Iterator[Epoch]:
        """Yields so many further epochs. Ends early when `task` is cancelled; the next run resumes, within an epoch
        too. Raises DataError for more than 100 in all."""
        if self._passes + epochs > MOST_EPOCHS:
            raise DataError(TOO_MANY)
        stage, first = task.stage("learn", "examples"), self._passes
        examples = len(self.split.learned)

        def report() -> None:
            done = (self._passes - first) * examples + self._at
            stage.report(done, epochs * examples)

        for _ in range(epochs):
            order = np.random.default_rng((self.settings.seed, self._passes + 1)).permutation(examples)
            with limit_to_one_thread():  # during an epoch only: another thread may ask for the next
                while self._at < examples:
                    if task.is_cancelled:
                        return
                    self._step(order[self._at : self._at + _BATCH])
                    report()
                self.epochs.append(self._end_epoch())
            yield self.epochs[-1]

    @property
    def drawn(self) -> NDArray[np.int64]:
        """The items to draw on a map, most frequent first, at most 1,500."""
        return np.argsort(-self.split.popularity, kind="stable")[:_MOST_DRAWN]

    def edges(self, item: int) -> list[Edge]:
        """The active input nodes of an item, see `get_edges`."""
        own, shared = self._model.own.detach().numpy(), self._model.shared.detach().numpy()
        return get_edges(self.source.items, item, self.feature_names, self.features, own, shared)

    def state(self) -> State:
        """The state that `Training(source, settings, state=...)` resumes from."""
        weights, first, second = (
            {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}
            for tensors in (self._weights, self._adam.first, self._adam.second)
        )
        random = self._random.get_state().numpy()
        return State(weights, first, second, self._adam.steps, random, self._passes, self._at, self._sum, self._seconds)

    def _resume(self, state: State) -> None:
        with torch.no_grad():
            for own, saved in (
                (self._weights, state.weights), (self._adam.first, state.first), (self._adam.second, state.second)
            ):  # fmt: skip
                for name, tensor in own.items():
                    tensor.copy_(torch.from_numpy(saved[name]))
        self._random.set_state(torch.from_numpy(state.random))
        self._adam.steps = state.steps
        self._passes, self._at, self._sum, self._seconds = state.passes, state.at, state.loss, state.seconds

    def _step(self, rows: NDArray[np.int64]) -> None:
        started = time.perf_counter()
        loss = self._loss(rows)
        loss.backward()
        self._adam.step()
        self._sum += float(loss.detach()) * len(rows)
        self._at += len(rows)
        self._seconds += time.perf_counter() - started

    def _loss(self, rows: NDArray[np.int64]) -> torch.Tensor:
        contexts, weights, targets = _tensors(self.split.learned, rows)
        negatives = None
        if self.settings.negatives:
            shape = (len(rows), self.settings.negatives)
            negatives = torch.randint(len(self.source.items), shape, generator=self._random)
        return self._model.loss(self._model(contexts, weights), targets, negatives)

    def _end_epoch(self) -> Epoch:
        epoch = self._measure_epoch(self._passes + 1, self._sum / self._at)
        self._passes, self._at, self._sum, self._seconds = epoch.number, 0, 0.0, 0.0
        return epoch

    def _measure_epoch(self, number: int, loss: float) -> Epoch:
        with torch.no_grad():
            embedding = self._model.embedding().numpy().copy()
            recall = self._recall()
        group = measure_same_group(embedding, self.source.items)
        return Epoch(number, loss, recall, group, embedding, self._seconds)

    def _recall(self) -> float | None:
        held = self.split.held
        if not len(held):
            return None
        hits = 0
        for at in range(0, len(held), _BATCH):
            rows = slice(at, at + _BATCH)
            contexts, weights, _ = _tensors(held, rows)
            scores = self._model.scores(self._model(contexts, weights)).numpy()
            hits += int(count_hits(scores, self.split, rows).sum())
        return hits / len(held)


def _tensors(examples: Examples, rows: NDArray[np.int64] | slice) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    contexts, weights, targets = examples.contexts[rows], examples.weights[rows], examples.targets[rows]
    return torch.from_numpy(contexts), torch.from_numpy(weights), torch.from_numpy(targets)


class Adam:
    """Adam with torch's function for one step. first, second: running moments by name. steps: so far.

    `torch.optim.Adam` computes the same to the last digit, but loads torch's compiler (torch._dynamo): 1.7 s and 57 MB
    in each child process that trains, whose 20 epochs take 8 s (torch 2.13).
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], *, rate: float, decay: float) -> None:
        """rate: of learning. decay: weight decay (L2)."""
        self._parameters, self._rate, self._decay = parameters, rate, decay
        self.first = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}
        self.second = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}
        self.steps = 0

    @torch.no_grad()
    def step(self) -> None:
        """Takes a step and resets the gradients."""
        gradients = {name: parameter.grad for name, parameter in self._parameters.items() if parameter.grad is not None}
        adam(
            [self._parameters[name] for name in gradients], list(gradients.values()),
            [self.first[name] for name in gradients], [self.second[name] for name in gradients], [],
            [torch.tensor(float(self.steps)) for _ in gradients],
            foreach=False, amsgrad=False, beta1=0.9, beta2=0.999, eps=1e-8, lr=self._rate, weight_decay=self._decay,
            maximize=False,
        )  # fmt: skip
        self.steps += 1
        for parameter in self._parameters.values():
            parameter.grad = None
