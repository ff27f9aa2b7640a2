"""Hybrid of content and behavior: one score, with weights that are learned on held-out interactions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.progress import SILENT, Task
from core.recommend.collaborative import Behavior, extend_with_content, learn_behavior
from core.recommend.log_reader import InteractionLog, Session
from core.recommend.tastes import compute_tastes
from core.utils.blas_threads import limit_to_one_thread

FEATURES = ("content", "behaviour", "cold content", "cold behaviour", "cold")

_RECENT = 20  # latest items of a session, from which tastes are computed


@dataclass(frozen=True, eq=False)
class HybridModel:
    """Scores items for a session by content and behavior.

    Parameters
    ----------
    content : array of float, shape (items, dim)
        Unit rows.
    behavior : Behavior
        With factors of cold items (`extend_with_content`).
    blend_weights : array of float, shape (5,)
        Weights of `FEATURES` in the logit of the probability that an item comes next.
    """

    content: Vectors
    behavior: Behavior
    blend_weights: NDArray[np.float32]

    def scores(self, session: Session) -> NDArray[np.float32]:
        """(items,) scores of any scale; an empty session gets popular items."""
        if not len(session):
            return self.behavior.scores(session)
        return compute_features(self.content, self.behavior, session) @ self.blend_weights


def compute_content_scores(
    content: Vectors, session: Session, items: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """(items,) the cosine with the nearest taste of a session's latest items, weighted by the size of the taste.

    items: numbers of the items to score, default all.
    """
    recent = np.asarray(session, np.int64)[-_RECENT:]
    tastes = compute_tastes(content[recent])
    weighted = tastes.vectors.T * np.sqrt(tastes.weights)
    if items is None:
        return (content @ weighted).max(axis=1)
    # copying most of the rows takes longer than multiplying them all
    nearest = (content @ weighted)[items] if 2 * len(items) > len(content) else content[items] @ weighted
    return nearest.max(axis=1)


def compute_features(
    content: Vectors, behavior: Behavior, session: Session, items: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """(items, 5) `FEATURES` for a session that is not empty, in standard deviations above the mean. items: as in
    `compute_content_scores`.

    Cold items have columns of their own, because their behavior is predicted from content, and 1 in the last column. An
    item of few people is partly warm, partly cold (`Behavior.warmth`).
    """
    numbers = np.arange(len(content)) if items is None else items
    warm = behavior.warmth[numbers]
    found = np.zeros((len(numbers), len(FEATURES)), np.float32)
    # the items of the session itself have extreme scores, and would stretch the scale
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


_HELD_OUT = 0.125  # share of the interactions, the last ones, from which the weights are learned
_END = 0.1  # share of these that shows which items are new
_HIDDEN = 0.2  # share of the items that are hidden from training
_USERS, _ITEMS = 1_000, 1_000  # at most: users, and items beside those chosen next
# Prior means of the weights of `FEATURES` and of novelty, and their precisions. From simulated logs with new items as
# popular as others, and more popular (`tools/simulate_log.py`, seeds 10 to 13; the figures are of other seeds).
_BEFORE = (0.2, 1.0, 0.2, 1.0, 0.0)
_NOVELTY = 0.5
_TRUST = (5.0, 5.0, 5.0, 5.0, 5.0, 20.0)


@task_keywords
@limit_to_one_thread()
def learn_blend_weights(
    log: InteractionLog, content: Vectors, *, seed: int = 0, task: Task = SILENT
) -> NDArray[np.float32]:
    """(5,) weights of `FEATURES` in the logit of the probability that an item comes next.

    content: (items, dim) unit rows of all items of the log. Raises Cancelled.
    """
    choices = _choices(log, content, seed, task)
    before = np.array([*_BEFORE, _NOVELTY])
    found = _fit_weights(choices, before) if choices else before
    found[4] += found[5]  # cold items of the whole log are new
    return found[:5].astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Choice:
    """Items that a user could choose next. features: (m, 6), with novelty. chosen: (m,) whether they were chosen."""

    features: NDArray[np.float64]
    chosen: NDArray[np.bool_]


def _choices(log: InteractionLog, content: Vectors, seed: int, task: Task) -> list[_Choice]:
    rng = np.random.default_rng([seed, len(log)])
    held = round((1 - _HELD_OUT) * len(log))
    rows = np.arange(len(log))
    first, later = log.part(rows < held), log.part(rows >= held)
    hidden = rng.random(len(content)) < _HIDDEN
    taught = first.part(~hidden[first.items])
    if not len(taught):
        return []
    behavior = extend_with_content(learn_behavior(taught, methods=("als",), seed=seed, task=task.part()), content)
    there, fresh = _there(first, later, len(content))
    sessions, known, request = taught.by_user(), first.by_user(), later.by_user()
    choices: list[_Choice] = []
    users = rng.permutation(sorted(set(sessions) & set(request)))[:_USERS].tolist()
    stage = task.stage("weigh", "people")
    for done, user in enumerate(users):
        stage.report(done, len(users))
        task.check("Stopped before the log was learned from.")
        free = there.copy()
        free[known[user]] = False
        target = request[user][free[request[user]]]
        if len(target):
            free[target] = False
            rest = np.flatnonzero(free)
            items = np.append(target, rest if len(rest) <= _ITEMS else rng.choice(rest, _ITEMS, replace=False))
            features = np.column_stack([compute_features(content, behavior, sessions[user], items), fresh[items]])
            choices.append(_Choice(features, np.arange(len(items)) < len(target)))
    return choices


def _there(first: InteractionLog, later: InteractionLog, items: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(items,) which could be chosen in the later part, and which of these were new then. Those that came at its very
    end are left out: they were hardly there."""
    known = np.bincount(first.items, minlength=items) > 0
    soon = np.bincount(later.items[: round((1 - _END) * len(later))], minlength=items) > 0
    return known | soon, soon & ~known


def _fit_weights(choices: list[_Choice], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """(6,) the maximum a posteriori weights, with a normal prior around `before`."""
    from scipy.optimize import minimize

    trust = np.array(_TRUST)
    everything = np.concatenate([choice.features for choice in choices])
    chosen = np.concatenate([choice.chosen for choice in choices])
    starts = np.cumsum([0, *(len(choice.chosen) for choice in choices[:-1])])
    counts = np.add.reduceat(chosen.astype(np.float64), starts)
    lengths = np.array([len(choice.chosen) for choice in choices])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = everything @ weights
        logits -= np.repeat(np.maximum.reduceat(logits, starts), lengths)
        odds = np.exp(logits)
        sums = np.add.reduceat(odds, starts)
        likelihood = logits[chosen].sum() - (counts * np.log(sums)).sum()
        slope = everything[chosen].sum(axis=0) - everything.T @ (odds * np.repeat(counts / sums, lengths))
        away = weights - before
        return float(trust @ away**2 / 2 - likelihood), trust * away - slope

    return np.asarray(minimize(loss, before, jac=True, method="L-BFGS-B").x)
