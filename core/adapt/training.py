"""Learns the two maps of an adapter by gradient descent, and decides on held-out examples when to stop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.adapt.examples import Examples
from core.adapt.objective import (
    Gradients,
    apply_map,
    compute_drift,
    compute_map_gradients,
    compute_matching_loss,
)
from core.encoders.adapted import LowRankMap
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.reference_prompts import embed_reference_prompts
from core.progress import SILENT, Stage, Task

_BATCH = 512  # pictures per step
_REFERENCES = 512  # references of each kind per step
_PATIENCE = 6  # judgements without gain until training ends
_SOFTENED = 0.2  # logits are this share of the encoder's: sharper ones are satisfied by small margins
_RIDGE = 0.03  # of the whitening, relative to the mean variance
_MOMENTS = (0.9, 0.999)
STOPPED = "Stopped: nothing was changed."


@dataclass(frozen=True, slots=True)
class AdaptSettings:
    """How an adapter is learned.

    Parameters
    ----------
    rank : int
        Of each map, at most.
    steps : int
        At most.
    rate : float
        Of learning (Adam).
    keep_images, keep_texts : float
        Weights of the penalty on moving the references, relative to the squared scale of the logits, so that encoders
        with narrow cosines are held as firmly.
    every : int
        Steps between two judgements.
    seed : int
    """

    rank: int = 32
    steps: int = 150
    rate: float = 3e-3
    keep_images: float = 6.0
    keep_texts: float = 2.0
    every: int = 5
    seed: int = 0


DEFAULTS = AdaptSettings()


@dataclass(frozen=True, eq=False)
class References:
    """What shall stay in its place: (k, dim) unit rows each.

    images: vectors as pictures of anything might have. texts: those of the reference prompts.
    """

    images: Vectors
    texts: Vectors


@dataclass(frozen=True, eq=False)
class Maps:
    """The two maps, and after how many steps they were as they are."""

    images: LowRankMap
    texts: LowRankMap
    steps: int


def make_references(encoder: Encoder, images: Vectors, *, task: Task = SILENT) -> References:
    """The reference prompts, and the same moved to where pictures lie.

    No picture of the wide world is at hand, but its prompts are: moved by the modality gap [1]_, the difference of the
    means of pictures and texts, they fill the space of pictures.

    References
    ----------
    .. [1] Liang et al. 2022, "Mind the gap: understanding the modality gap in multi-modal contrastive learning"
    """
    texts = embed_reference_prompts(encoder, task=task)
    return References(unit_rows(texts + (images.mean(axis=0) - texts.mean(axis=0))), texts)


def fit_maps(
    encoder: Encoder,
    examples: Examples,
    references: References,
    *,
    held: Examples | None = None,
    settings: AdaptSettings = DEFAULTS,
    stage: Stage | None = None,
    done: int = 0,
    total: int | None = None,
) -> Maps:
    """Learns the maps from examples.

    With `held` examples the maps are those of the step at which the loss of these was lowest; without, those of the
    last step. stage, done, total: where progress is reported to; its task is asked whether to stop.

    Raises Cancelled.
    """
    training = _Training(encoder, examples, references, settings)
    best, lowest, waited = training.maps, training.judge(held) if held else 0.0, 0
    for step in range(1, settings.steps + 1):
        if stage is not None:
            stage.task.check(STOPPED)
        training.step()
        if stage is not None:
            stage.report(done + step, total)
        if held is not None and step % settings.every == 0:
            loss = training.judge(held)
            best, lowest, waited = (training.maps, loss, 0) if loss < lowest else (best, lowest, waited + 1)
            if waited >= _PATIENCE:
                break
    return best if held is not None else training.maps


class _Training:
    """Both maps and what they are learned from."""

    def __init__(self, encoder: Encoder, examples: Examples, references: References, settings: AdaptSettings) -> None:
        self.examples, self.references, self.settings = examples, references, settings
        self._scale = _SOFTENED * encoder.scoring.scale
        self._rng = np.random.default_rng(settings.seed)
        told = examples.images - examples.images.mean(axis=0)
        self._images = _Learner(_find_directions(told, references.images, settings.rank), settings.rate)
        self._texts = _Learner(_find_directions(examples.text_vectors, references.texts, settings.rank), settings.rate)
        self._steps = 0

    @property
    def maps(self) -> Maps:
        """As they are now."""
        return Maps(self._images.map, self._texts.map, self._steps)

    def step(self) -> None:
        """Takes one step with some of the pictures and all of their texts."""
        batch = self.examples.take(self._rng.permutation(len(self.examples))[:_BATCH])
        images, texts = apply_map(self._images.map, batch.images), apply_map(self._texts.map, batch.text_vectors)
        _, by_images, by_texts = compute_matching_loss(images.rows, texts.rows, batch.matches(), self._scale)
        by_image_map = compute_map_gradients(self._images.map, images, by_images)
        by_text_map = compute_map_gradients(self._texts.map, texts, by_texts)
        settings, references = self.settings, self.references
        self._images.step(by_image_map, self._pull(self._images.map, references.images, settings.keep_images))
        self._texts.step(by_text_map, self._pull(self._texts.map, references.texts, settings.keep_texts))
        self._steps += 1

    def judge(self, held: Examples) -> float:
        """The matching loss of held-out examples."""
        images, texts = self._images.map.apply(held.images), self._texts.map.apply(held.text_vectors)
        return compute_matching_loss(images, texts, held.matches(), self._scale)[0]

    def _pull(self, side: LowRankMap, references: Vectors, weight: float) -> Gradients:
        """Gradients of the weighted penalty on moving references, of which some are drawn."""
        drawn = apply_map(side, references[self._rng.permutation(len(references))[:_REFERENCES]])
        _, by_rows = compute_drift(drawn)
        return compute_map_gradients(side, drawn, np.float32(weight * self._scale**2) * by_rows)


class _Learner:
    """A map while it is learned by Adam (Kingma and Ba 2015); `map` is replaced at each step, never changed."""

    def __init__(self, down: NDArray[np.float32], rate: float) -> None:
        self.map = LowRankMap(down, np.zeros((down.shape[1], len(down)), np.float32))
        self._first = [np.zeros_like(array) for array in (self.map.down, self.map.up)]
        self._second = [np.zeros_like(array) for array in (self.map.down, self.map.up)]
        self._rate, self._steps = rate, 0

    def step(self, *gradients: Gradients) -> None:
        """A step against the sum of the gradients."""
        self._steps += 1
        down, up = (
            self._move(number, array, np.sum([part[number] for part in gradients], axis=0))
            for number, array in enumerate((self.map.down, self.map.up))
        )
        self.map = LowRankMap(down, up)

    def _move(self, number: int, array: NDArray[np.float32], gradient: NDArray[np.float32]) -> NDArray[np.float32]:
        first, second = self._first[number], self._second[number]
        first += (1 - _MOMENTS[0]) * (gradient - first)
        second += (1 - _MOMENTS[1]) * (gradient**2 - second)
        mean, square = first / (1 - _MOMENTS[0] ** self._steps), second / (1 - _MOMENTS[1] ** self._steps)
        return np.asarray(array - self._rate * mean / (np.sqrt(square) + 1e-8), np.float32)


def _find_directions(vectors: Vectors, references: Vectors, rank: int) -> NDArray[np.float32]:
    """(r, dim) unit rows: what examples (n, dim) have and references (k, dim) lack.

    The first principal directions of the examples after whitening by the references. A map that begins with them can
    move the examples far and the references little; from random ones, training takes three times as many steps.
    """
    spread, axes = np.linalg.eigh((references.T @ references / len(references)).astype(np.float64))
    whiten = (axes / np.sqrt(np.maximum(spread, 0.0) + _RIDGE * spread.mean())) @ axes.T
    _, strengths, directions = np.linalg.svd(vectors @ whiten, full_matrices=False)
    used = max(1, min(rank, int((strengths > 1e-6 * strengths[0]).sum())))
    return unit_rows(directions[:used] @ whiten)
