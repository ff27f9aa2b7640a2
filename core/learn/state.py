"""What is asked of a training, and what each epoch of it gives. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

Embedding = NDArray[np.float32]

MOST_DIM = 64
MOST_NEGATIVES = 500
MOST_EPOCHS = 100  # of a training, whose embeddings are all kept
TOO_MANY = f"A training takes {MOST_EPOCHS} epochs at the most: start anew, perhaps with a higher rate."


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """dim: numbers for each movie, 2 to 64. negatives: movies that each next one is told from, drawn anew each time; 0:
    all of them (full softmax). rate: of learning (Adam). genres, year: whether these are joined to the layer."""

    dim: int = 16
    negatives: int = 0
    rate: float = 0.01
    genres: bool = False
    year: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.dim <= MOST_DIM:
            raise DataError(f"An embedding takes 1 to {MOST_DIM} dimensions here: choose fewer.")
        if not 0 <= self.negatives <= MOST_NEGATIVES:
            raise DataError(f"Negatives are 0 (all movies) to {MOST_NEGATIVES}: choose fewer.")
        if not 0 < self.rate <= 1:
            raise DataError("The learning rate lies above 0 and at most at 1: 0.01 is a good one.")


@dataclass(frozen=True, eq=False)
class Epoch:
    """The layer after `number` passes through the examples; 0: before it learned anything.

    loss: mean cross-entropy of the pass in nats, of a first sample for 0. recall: share of held-out viewers whose next
    movie is among the ten told, None where nobody could be held out. same_genre: of the ten nearest movies of each, the
    share with its main genre; None where genres are not known. embedding: (movies, dim). seconds: of this pass.
    """

    number: int
    loss: float
    recall: float | None
    same_genre: float | None
    embedding: Embedding
    seconds: float


@dataclass(frozen=True, slots=True)
class Baselines:
    """What costs no learning: recall by popularity, by chance, and the share of the same genre by chance."""

    popular: float | None
    random: float | None
    same_genre: float | None


@dataclass(frozen=True, eq=False)
class State:
    """Where a training stands, in the middle of a pass too, so that it can go on in another process.

    weights: of the network by name, with Adam's first and second moments and its steps. random: the state of torch's
    generator, as bytes. passes: that have ended. at: the next example of the pass under way; loss: the sum over those
    before it; seconds: that they took.
    """

    weights: dict[str, Embedding]
    first: dict[str, Embedding]
    second: dict[str, Embedding]
    steps: int
    random: NDArray[np.uint8]
    passes: int
    at: int
    loss: float
    seconds: float
