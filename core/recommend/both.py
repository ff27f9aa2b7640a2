"""Content and behaviour together: one score of both, with weights that are learned on interactions held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.recommend.behaviour import Behaviour, from_content
from core.recommend.log import Log, Session
from core.recommend.taste import tastes_of

FEATURES = ("content", "behaviour", "together", "popularity", "cold content", "cold behaviour", "cold")

# Of `FEATURES`: behaviour alone, with content for what is cold; and content alone.
_STARTS = ((0.0, 1.0, 0.0, 0.0, 0.5, 0.5, 0.5), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0))
_TRIED = 400  # users that the weights are learned from
_RECENT = 20  # items of a session that make its tastes
_FIRST, _ROUNDS = 10, 3


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
        """(items,) of any scale; of an empty session what is popular, and what is new in the middle of that."""
        return features_of(self.content, self.behaviour, session) @ self.weights


def content_scores(content: Vectors, session: Session) -> NDArray[np.float32]:
    """(items,) the cosine of each with the nearest taste of a session's latest items, larger tastes counting more."""
    recent = np.asarray(session, np.int64)[-_RECENT:]
    tastes = tastes_of(content[recent])
    return (content @ tastes.vectors.T * np.sqrt(tastes.weights)).max(axis=1)


def learn_blend(before: Log, content: Vectors, behaviour: Behaviour, held_out: Log, *, seed: int = 0) -> Blend:
    """Learns the weights: those with which what users of `held_out` went on to comes earliest, by NDCG@10.

    before: the log that `behaviour` was learned from, with the users' sessions. content: (items, dim) of all items. The
    weights of cold items can only be learned where some of `held_out` are cold: see `without_items`. From behaviour
    alone and from content alone each weight in turn is halved, doubled or dropped while that helps (coordinate ascent,
    as Metzler and Croft 2007 do): few weights, and the measure itself.
    """
    whole = from_content(behaviour, content)
    users = np.random.default_rng(seed).permutation(np.unique(held_out.users))[:_TRIED]
    sessions = [(before.of_user(int(user)), held_out.of_user(int(user))) for user in users]
    tables: list[tuple[NDArray[np.float32], NDArray[np.bool_]]] = []
    for session, later in sessions:
        wanted = np.zeros(len(content), bool)
        wanted[later] = True
        wanted[session] = False
        if len(session) and wanted.any():
            features = features_of(content, whole, session)
            features[session] = -1e3  # what was seen comes last under any weights: none is below 0
            tables.append((features, wanted))
    starts = [np.array(row, np.float32) for row in _STARTS]
    if not tables:
        return Blend(content, whole, starts[0])
    best = max((_climbed(start, tables) for start in starts), key=lambda found: found[0])
    return Blend(content, whole, best[1])


def _climbed(
    weights: NDArray[np.float32], tables: list[tuple[NDArray[np.float32], NDArray[np.bool_]]]
) -> tuple[float, NDArray[np.float32]]:
    """(gain, weights) where no single step helps any more, or after three rounds."""
    gain = _gain(weights, tables)
    for _ in range(_ROUNDS):
        before = gain
        for place in range(len(weights)):
            for step in (0.0, 0.5, 2.0) if weights[place] else (0.25,):
                tried = weights.copy()
                tried[place] = weights[place] * step if weights[place] else step
                if (found := _gain(tried, tables)) > gain:
                    gain, weights = found, tried
                    break
        if gain == before:
            break
    return gain, weights


def _gain(weights: NDArray[np.float32], tables: list[tuple[NDArray[np.float32], NDArray[np.bool_]]]) -> float:
    discounts = 1 / np.log2(np.arange(2, _FIRST + 2))
    total = 0.0
    for features, wanted in tables:
        scores = features @ weights
        first = np.argpartition(-scores, min(_FIRST, len(scores) - 1))[:_FIRST]
        first = first[np.argsort(-scores[first])]
        total += float((wanted[first] * discounts[: len(first)]).sum() / discounts[: int(wanted.sum())].sum())
    return total / len(tables)


def without_items(log: Log, share: float, *, seed: int = 0) -> Log:
    """The log as if a share of its items, drawn at random, had never been seen: cold to what learns from it."""
    hidden = np.random.default_rng([seed, len(log)]).random(len(log.item_names)) < share
    return log.part(~hidden[log.items])


def features_of(content: Vectors, behaviour: Behaviour, session: Session) -> NDArray[np.float32]:
    """(items, 7) `FEATURES` of all items for a session, on scales that do not depend on the log's size: standard
    deviations above the mean. What is cold has numbers of its own, since what is known of it is another thing: content
    and predicted behaviour, and 1 in the last column; all else has 0 there."""
    warm = behaviour.warm
    found = np.zeros((len(warm), len(FEATURES)), np.float32)
    if len(session):
        near = _scaled(content_scores(content, session), warm)
        found[:, 0], found[:, 4] = near * warm, near * ~warm
        if behaviour.factors is not None:
            others = _scaled(behaviour.scores(session), warm)
            found[:, 1], found[:, 5] = others * warm, others * ~warm
        if behaviour.together is not None:
            found[:, 2] = _scaled(np.log1p(1000 * behaviour.scores(session, by="together")), warm) * warm
    found[:, 3] = _scaled(np.log1p(behaviour.popularity), warm) * warm
    found[:, 6] = ~warm
    return found


def _scaled(scores: NDArray[np.floating], among: NDArray[np.bool_]) -> NDArray[np.float32]:
    some = scores[among] if among.any() else scores
    return ((scores - some.mean()) / max(float(some.std()), 1e-9)).astype(np.float32)
