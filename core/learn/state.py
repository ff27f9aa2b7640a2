"""Settings, epochs and state of a training. This module imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deprecated import renamed_attribute
from core.errors import DataError

Embedding = NDArray[np.float32]

MOST_DIM = 64
MOST_NEGATIVES = 500
MOST_EPOCHS = 100  # of a training, which holds the embeddings of all
TOO_MANY = f"A training has at most {MOST_EPOCHS} epochs: start again, perhaps with a higher learning rate."


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of a training.

    Parameters
    ----------
    dim : int
        Dimensions of the embedding, 1 to 64.
    negatives : int
        Random items that the target is compared with, 0 to 500; 0: all items (full softmax).
    rate : float
        Learning rate of Adam, above 0, at most 1.
    genres, year : bool
        Whether these are inputs of the layer too; of movies only.
    seed : int

    Raises
    ------
    DataError
        A value is out of range.
    """

    dim: int = 16
    negatives: int = 0
    rate: float = 0.01
    genres: bool = False
    year: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.dim <= MOST_DIM:
            raise DataError(f"Choose 1 to {MOST_DIM} dimensions, not {self.dim}.")
        if not 0 <= self.negatives <= MOST_NEGATIVES:
            raise DataError(f"Choose 0 (all items) to {MOST_NEGATIVES} negatives, not {self.negatives}.")
        if not 0 < self.rate <= 1:
            raise DataError(f"Choose a learning rate above 0 and up to 1, such as 0.01, not {self.rate:g}.")


@dataclass(frozen=True, eq=False)
class Epoch:
    """The layer after `number` epochs; 0 is the untrained layer.

    Parameters
    ----------
    loss : float
        Mean cross-entropy in nats during the epoch; of a sample for epoch 0.
    recall : float or None
        Recall@10 of held-out examples, 0 to 1; None if there are none.
    same_group : float or None
        Share of the ten nearest items with the same main group, 0 to 1; None if groups are unknown.
    embedding : array of float, shape (items, dim)
    seconds : float
        Duration of the epoch.
    """

    number: int
    loss: float
    recall: float | None
    same_group: float | None
    embedding: Embedding
    seconds: float
    same_genre = renamed_attribute("same_genre", "same_group")


@dataclass(frozen=True, slots=True)
class Baselines:
    """Figures without training, 0 to 1; None if unknown.

    Attributes
    ----------
    popular, random : float or None
        Recall@10 of the most frequent items, and of random ones.
    same_group : float or None
        Share of random neighbors with the same main group.
    """

    popular: float | None
    random: float | None
    same_group: float | None
    same_genre = renamed_attribute("same_genre", "same_group")


@dataclass(frozen=True, eq=False)
class State:
    """The state of a training, also within an epoch, from which another process can resume.

    weights: of the network, by name. first, second, steps: of Adam. random: state of torch's generator. passes:
    complete epochs. at: next example of the current epoch. loss, seconds: sums over its examples so far.
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
