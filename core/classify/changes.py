"""What another classifier would change: how many items each class has before and after, and which items move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.classify.predict import Prediction
from core.classify.zero_shot import NONE


@dataclass(frozen=True, slots=True)
class ClassChange:
    """Items of a class, or of "none of these", before and after."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Move:
    """An item whose label changes. before: its label. after: its new prediction."""

    before: str
    after: Prediction


@dataclass(frozen=True, slots=True)
class Changes:
    """What changes.

    Attributes
    ----------
    classes : tuple of ClassChange
        All that have items before or after, largest first and "none of these" last.
    moves : tuple of Move
        By the two labels, the most frequent pair first; within a pair the most probable first.
    """

    classes: tuple[ClassChange, ...]
    moves: tuple[Move, ...]


def compare_predictions(before: Sequence[Prediction], after: Sequence[Prediction]) -> Changes:
    """Compares the labels of the same items by two classifiers.

    Parameters
    ----------
    before, after : sequence of Prediction
        With their final labels. Items that only one of them has are left out.

    Returns
    -------
    Changes
    """
    labels = {prediction.id: prediction.label for prediction in before}
    both = [prediction for prediction in after if prediction.id in labels]
    old = Counter(labels[prediction.id] for prediction in both)
    new = Counter(prediction.label for prediction in both)
    names = sorted({*old, *new}, key=lambda name: (name == NONE, -max(old[name], new[name]), name))
    moves = [Move(labels[entry.id], entry) for entry in both if labels[entry.id] != entry.label]
    pairs = Counter((move.before, move.after.label) for move in moves)

    def order(move: Move) -> tuple[int, str, str, float]:
        pair = (move.before, move.after.label)
        return (-pairs[pair], *pair, -move.after.probability)

    return Changes(tuple(ClassChange(name, old[name], new[name]) for name in names), tuple(sorted(moves, key=order)))
