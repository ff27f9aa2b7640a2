"""What a layer learns from: items, and examples of which item belongs to a context of others.

There are two sources: `core.learn.movies.Watched` (which movie is watched next) and `core.learn.words.text.Text` (which
word comes next, or stands between). The network, its training, its metrics and its maps know only what is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from core.learn.state import TrainingSettings

FADE = 0.8  # weight of each item of a context, relative to the one nearer to the target
MOST_HELD = 2_000  # held-out examples


@dataclass(frozen=True, eq=False)
class Examples:
    """n examples. contexts: (n, c) items, the nearest first. weights: (n, c), rows sum to 1, 0 for missing items.
    targets: (n,) the items that belong there.
    """

    contexts: NDArray[np.int32]
    weights: NDArray[np.float32]
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test examples.

    learned: those to learn from. held: at most 2,000 to measure on. seen: (held, items) those that cannot be the
    target, such as movies that were watched before. popularity: (items,) how often each one occurs in what is learned.
    """

    learned: Examples
    held: Examples
    seen: sp.csr_matrix
    popularity: NDArray[np.int64]


class Items(Protocol):
    """n items, each an input node of the network."""

    def __len__(self) -> int: ...

    @property
    def noun(self) -> str:
        """What an item is, such as movie."""

    @property
    def group_noun(self) -> str:
        """What its groups are, such as genre."""

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Groups of each item, the main one first; empty if unknown. The network does not get them unless they are
        joined.
        """

    @property
    def columns(self) -> dict[str, list[object]]:
        """What is known of the items, as columns of a table."""

    def name(self, number: int) -> str:
        """What an item is called."""

    def subset(self, numbers: Sequence[int] | NDArray[np.int64]) -> Self:
        """The items of these numbers, in their order."""

    def features(self, settings: TrainingSettings) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Further input nodes: names, and values (items, f)."""


class Source(Protocol):
    """Items and where they occur. Sources are data classes, so that they can be sent to a child process."""

    @property
    def items(self) -> Items: ...

    @property
    def source(self) -> str:
        """Its title."""

    @property
    def simulated(self) -> bool:
        """Whether the data are simulated."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what was left out."""

    def split(self, *, seed: int = 0) -> Split:
        """The examples, some of them held out. Raises DataError if there is nothing to learn."""


def main_groups(items: Items) -> tuple[str | None, ...]:
    """The main group of each item, None if unknown."""
    return tuple(groups[0] if groups else None for groups in items.groups)


def shared_groups(items: Items, one: int, other: int) -> tuple[str, ...]:
    """The groups that two items both have."""
    return tuple(group for group in items.groups[one] if group in items.groups[other])
