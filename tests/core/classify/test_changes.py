"""What another classifier would change: counts before and after, and the items that move."""

from __future__ import annotations

import numpy as np

from core.classify.changes import compare_predictions
from core.classify.predict import Prediction
from core.classify.zero_shot import NONE


def predictions(*labels: str, sure: float = 0.5) -> list[Prediction]:
    """One prediction per label, of the texts 0, 1, 2 and so on; the later, the surer."""
    nothing = np.zeros(2, np.float32)
    return [Prediction(str(row), label, sure + row / 100, 1.0, nothing) for row, label in enumerate(labels)]


def test_counts_and_moves() -> None:
    before = predictions("dog", "dog", NONE, NONE, "cat")
    after = predictions("dog", "cat", "dog", "dog", "cat")
    changes = compare_predictions(before, after)
    assert [(entry.name, entry.before, entry.after) for entry in changes.classes] == [
        ("dog", 2, 3),
        ("cat", 1, 2),
        (NONE, 2, 0),
    ]
    assert [(move.before, move.after.label, move.after.source) for move in changes.moves] == [
        (NONE, "dog", "3"),
        (NONE, "dog", "2"),
        ("dog", "cat", "1"),
    ]


def test_nothing_moves_where_nothing_changes() -> None:
    same = predictions("dog", NONE)
    assert not compare_predictions(same, same).moves
    assert not compare_predictions([], same).classes, "items that only one of them has do not count"
