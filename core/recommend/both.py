"""Content and behaviour together: one score of both, with weights that are learned on interactions held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.recommend.behaviour import Behaviour, from_content
from core.recommend.log import Log, Session
from core.recommend.taste import tastes_of

FEATURES = ("content", "behaviour", "together", "popularity", "cold")

_TRIED = 600  # users that the weights are learned from
_RECENT = 20  # items of a session that make its tastes
_OTHERS = 60  # items that a user passed over, for each that was taken


@dataclass(frozen=True, eq=False)
class Blend:
    """Scores of items for a session, from content and behaviour.

    content: (items, dim) unit rows. behaviour: with factors for cold items too. weights: of `FEATURES`, in the logit of
    the probability that an item is what comes next.
    """

    content: Vectors
    behaviour: Behaviour
    weights: NDArray[np.float32]

    def scores(self, session: Session) -> NDArray[np.float32]:
        """(items,) logits; of an empty session what is popular, and what is new in the middle of that."""
        return features_of(self.content, self.behaviour, session) @ self.weights


def content_scores(content: Vectors, session: Session) -> NDArray[np.float32]:
    """(items,) the cosine of each with the nearest taste of a session's latest items, larger tastes counting more."""
    recent = np.asarray(session, np.int64)[-_RECENT:]
    tastes = tastes_of(content[recent])
    return (content @ tastes.vectors.T * np.sqrt(tastes.weights)).max(axis=1)


def learn_blend(before: Log, content: Vectors, behaviour: Behaviour, held_out: Log, *, seed: int = 0) -> Blend:
    """Learns the weights by logistic regression: what users of `held_out` went on to, against what they did not.

    before: the log that `behaviour` was learned from, with the users' sessions. content: (items, dim) of all items. The
    weight of cold items can only be learned where some of `held_out` are cold: see `without_items`.
    """
    from sklearn.linear_model import LogisticRegression

    whole = from_content(behaviour, content)
    rng = np.random.default_rng(seed)
    there = np.flatnonzero(np.bincount(held_out.items, minlength=len(content)) + behaviour.popularity > 0)
    rows: list[NDArray[np.float32]] = []
    taken: list[NDArray[np.bool_]] = []
    for user in rng.permutation(np.unique(held_out.users))[:_TRIED]:
        session, later = before.of_user(int(user)), held_out.of_user(int(user))
        later = np.setdiff1d(later, session)
        if not len(session) or not len(later):
            continue
        others = rng.choice(there, min(_OTHERS * len(later), len(there)), replace=False)
        others = np.setdiff1d(others, np.concatenate([session, later]))
        rows.append(features_of(content, whole, session)[np.concatenate([later, others])])
        taken.append(np.arange(len(later) + len(others)) < len(later))
    if not rows:
        return Blend(content, whole, np.array([1.0, 1.0, 1.0, 0.0, 0.0], np.float32))
    fitted = LogisticRegression(C=1.0, max_iter=500).fit(np.concatenate(rows), np.concatenate(taken))
    return Blend(content, whole, fitted.coef_[0].astype(np.float32))


def without_items(log: Log, share: float, *, seed: int = 0) -> Log:
    """The log as if a share of its items, drawn at random, had never been seen: cold to what learns from it."""
    hidden = np.random.default_rng([seed, len(log)]).random(len(log.item_names)) < share
    return log.part(~hidden[log.items])


def features_of(content: Vectors, behaviour: Behaviour, session: Session) -> NDArray[np.float32]:
    """(items, 5) `FEATURES` of all items for a session, on scales that do not depend on the log's size: standard
    deviations above the mean, but for the last, which is 1 for cold items."""
    warm = behaviour.warm
    found = np.zeros((len(warm), len(FEATURES)), np.float32)
    if len(session):
        found[:, 0] = _scaled(content_scores(content, session), warm | True)
        if behaviour.factors is not None:
            found[:, 1] = _scaled(behaviour.scores(session), warm)
        if behaviour.together is not None:
            found[:, 2] = _scaled(np.log1p(100 * behaviour.scores(session, by="together")), warm) * warm
    found[:, 3] = _scaled(np.log1p(behaviour.popularity), warm) * warm
    found[:, 4] = ~warm
    return found


def _scaled(scores: NDArray[np.floating], among: NDArray[np.bool_]) -> NDArray[np.float32]:
    some = scores[among] if among.any() else scores
    return ((scores - some.mean()) / max(float(some.std()), 1e-9)).astype(np.float32)
