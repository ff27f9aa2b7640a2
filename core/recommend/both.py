"""Content and behaviour together: one score of both, with weights that are learned on interactions held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.recommend.behaviour import Behavior
from core.recommend.log import Session
from core.recommend.taste import compute_tastes

FEATURES = ("content", "behaviour", "cold content", "cold behaviour", "cold")

_RECENT = 20  # items of a session that make its tastes


@dataclass(frozen=True, eq=False)
class HybridModel:
    """Scores of items for a session, from content and behaviour.

    content: (items, dim) unit rows. behaviour: with factors for cold items too (`extend_with_content`). weights: of
    `FEATURES`, in the logit of the probability that an item is what comes next.
    """

    content: Vectors
    behavior: Behavior
    blend_weights: NDArray[np.float32]

    def scores(self, session: Session) -> NDArray[np.float32]:
        """(items,) of any scale; of an empty session what is popular."""
        if not len(session):
            return self.behavior.scores(session)
        return compute_features(self.content, self.behavior, session) @ self.blend_weights


def compute_content_scores(
    content: Vectors, session: Session, items: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """(items,) the cosine of each with the nearest taste of a session's latest items, larger tastes counting more.

    items: numbers of those that are wanted; default: all.
    """
    recent = np.asarray(session, np.int64)[-_RECENT:]
    tastes = compute_tastes(content[recent])
    weighted = tastes.vectors.T * np.sqrt(tastes.weights)
    if items is None:
        return (content @ weighted).max(axis=1)
    # to copy most of the rows takes longer than to multiply them all
    nearest = (content @ weighted)[items] if 2 * len(items) > len(content) else content[items] @ weighted
    return nearest.max(axis=1)


def compute_features(
    content: Vectors, behavior: Behavior, session: Session, items: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """(items, 5) `FEATURES` for a session that is not empty, on scales that do not depend on the log's size: standard
    deviations above the mean. items: as in `compute_content_scores`.

    What is cold has columns of its own, since what is known of it is another thing: content and predicted behaviour,
    and 1 in the last column. An item that few people had to do with is a little of both (`Behaviour.warmth`).
    """
    numbers = np.arange(len(content)) if items is None else items
    warm = behavior.warmth[numbers]
    found = np.zeros((len(numbers), len(FEATURES)), np.float32)
    # what the session holds is nearer to it than anything that may come next, and would stretch the scale
    among = (warm > 0) & ~np.isin(numbers, session)
    rest = _scale(behavior.scores(session)[numbers], among)
    nearest = _scale(compute_content_scores(content, session, items), among)
    found[:, 0], found[:, 2] = nearest * warm, nearest * (1 - warm)
    found[:, 1], found[:, 3] = rest * warm, rest * (1 - warm)
    found[:, 4] = 1 - warm
    return found


def _scale(scores: NDArray[np.floating], among: NDArray[np.bool_]) -> NDArray[np.float32]:
    sample = scores[among] if among.any() else scores
    return ((scores - sample.mean()) / max(float(sample.std()), 1e-9)).astype(np.float32)
