"""The hybrid of content and behavior: one score, with weights learned from held-out interactions."""

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

_RECENT = 20  # latest items of a session that make up its tastes


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
        """Scores (items,) of any scale; an empty session gets popular items."""
        if not len(session):
            return self.behavior.scores(session)
        return compute_features(self.content, self.behavior, session) @ self.blend_weights


def compute_content_scores(
    content: Vectors, session: Session, items: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """Cosine of each item with the nearest taste of a session's latest items, weighted by the size of the taste.

    Parameters
    ----------
    content : array of float, shape (n, dim)
        Unit rows.
    session : sequence of int
        Item numbers, the latest last.
    items : array of int64, optional
        Numbers of the items to score. Default: all.

    Returns
    -------
    array of float32, shape (items,)
    """
    recent = np.asarray(session, np.int64)[-_RECENT:]
    tastes = compute_tastes(content[recent])
    weighted = tastes.vectors.T * np.sqrt(tastes.weights)
    if items is None:
        return (content @ weighted).max(axis=1)
    # copying most rows takes longer than multiplying all
    nearest = (content @ weighted)[items] if 2 * len(items) > len(content) else content[items] @ weighted
    return nearest.max(axis=1)


def compute_features(
    content: Vectors, behavior: Behavior, session: Session, items: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """`FEATURES` (items, 5) for a session that is not empty, in standard deviations above the mean.

    Cold items have their own columns, because their behavior is predicted from content, and 1 in the last column. An
    item of few people is partly warm and partly cold, see `Behavior.warmth`. items: as in `compute_content_scores`.
    """
    numbers = np.arange(len(content)) if items is None else items
    warm = behavior.warmth[numbers]
    # the items of the session itself have extreme scores, which would stretch the scale
    reference = (warm > 0) & ~np.isin(numbers, session)
    by_behavior = _standardize(behavior.scores(session)[numbers], reference)
    by_content = _standardize(compute_content_scores(content, session, items), reference)
    cold = 1 - warm
    columns = (by_content * warm, by_behavior * warm, by_content * cold, by_behavior * cold, cold)
    return np.column_stack(columns).astype(np.float32)


def _standardize(scores: NDArray[np.floating], reference: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Scores in standard deviations above the mean of the reference items, if there are any."""
    sample = scores[reference] if reference.any() else scores
    return ((scores - sample.mean()) / max(float(sample.std()), 1e-9)).astype(np.float32)


_HELD_OUT = 0.125  # share of the interactions, the last ones, from which the weights are learned
_END = 0.1  # share of these at the end, whose items count as not yet available
_HIDDEN = 0.2  # share of the items hidden from training
_USERS, _ITEMS = 1_000, 1_000  # most users, and most items that were not chosen
# Prior means and precisions of the weights of `FEATURES` and of novelty. From simulated logs in which new items are as
# popular as others, or more popular (`tools/simulate_log.py`, seeds 10 to 13; published figures use other seeds).
_PRIOR_MEANS = (0.2, 1.0, 0.2, 1.0, 0.0, 0.5)
_PRIOR_PRECISIONS = (5.0, 5.0, 5.0, 5.0, 5.0, 20.0)


@task_keywords
@limit_to_one_thread()
def learn_blend_weights(
    log: InteractionLog, content: Vectors, *, seed: int = 0, task: Task = SILENT
) -> NDArray[np.float32]:
    """Learns the weights of `FEATURES` in the logit of the probability that an item comes next.

    Parameters
    ----------
    log : InteractionLog
    content : array of float, shape (items, dim)
        Unit rows of all items of the log.
    seed : int
    task : Task, optional

    Returns
    -------
    array of float32, shape (5,)

    Raises
    ------
    Cancelled
    """
    choices = _choices(log, content, seed, task)
    weights = _fit_weights(choices) if choices else np.array(_PRIOR_MEANS)
    weights[4] += weights[5]  # cold items of the whole log are new
    return weights[:5].astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Choice:
    """Items that a user could choose next. features: (m, 6), with novelty. chosen: (m,) whether the user chose them."""

    features: NDArray[np.float64]
    chosen: NDArray[np.bool_]


def _choices(log: InteractionLog, content: Vectors, seed: int, task: Task) -> list[_Choice]:
    rng = np.random.default_rng([seed, len(log)])
    held = round((1 - _HELD_OUT) * len(log))
    rows = np.arange(len(log))
    first, later = log.part(rows < held), log.part(rows >= held)
    hidden = rng.random(len(content)) < _HIDDEN
    training = first.part(~hidden[first.items])
    if not len(training):
        return []
    behavior = extend_with_content(learn_behavior(training, methods=("als",), seed=seed, task=task.part()), content)
    available, is_new = _find_available(first, later, len(content))
    sessions, known, request = training.by_user(), first.by_user(), later.by_user()
    choices: list[_Choice] = []
    users = rng.permutation(sorted(set(sessions) & set(request)))[:_USERS].tolist()
    stage = task.stage("weigh", "people")
    for done, user in enumerate(users):
        stage.report(done, len(users))
        task.check("Stopped before the log was learned from.")
        free = available.copy()
        free[known[user]] = False
        target = request[user][free[request[user]]]
        if len(target):
            free[target] = False
            others = np.flatnonzero(free)
            items = np.append(target, others if len(others) <= _ITEMS else rng.choice(others, _ITEMS, replace=False))
            features = np.column_stack([compute_features(content, behavior, sessions[user], items), is_new[items]])
            choices.append(_Choice(features, np.arange(len(items)) < len(target)))
    return choices


def _find_available(
    first: InteractionLog, later: InteractionLog, items: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Items that could be chosen in the later part, and which of these were new then: (items,) each.

    Items that appear only at its very end are excluded, as they were hardly available.
    """
    known = np.bincount(first.items, minlength=items) > 0
    soon = np.bincount(later.items[: round((1 - _END) * len(later))], minlength=items) > 0
    return known | soon, soon & ~known


def _fit_weights(choices: list[_Choice]) -> NDArray[np.float64]:
    """Maximum a posteriori weights (6,) with a normal prior."""
    from scipy.optimize import minimize

    means, precisions = np.array(_PRIOR_MEANS), np.array(_PRIOR_PRECISIONS)
    features = np.concatenate([choice.features for choice in choices])
    chosen = np.concatenate([choice.chosen for choice in choices])
    starts = np.cumsum([0, *(len(choice.chosen) for choice in choices[:-1])])
    counts = np.add.reduceat(chosen.astype(np.float64), starts)
    lengths = np.array([len(choice.chosen) for choice in choices])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = features @ weights
        logits -= np.repeat(np.maximum.reduceat(logits, starts), lengths)
        exponentials = np.exp(logits)
        sums = np.add.reduceat(exponentials, starts)
        likelihood = logits[chosen].sum() - (counts * np.log(sums)).sum()
        gradient = features[chosen].sum(axis=0) - features.T @ (exponentials * np.repeat(counts / sums, lengths))
        offset = weights - means
        return float(precisions @ offset**2 / 2 - likelihood), precisions * offset - gradient

    return np.asarray(minimize(loss, means, jac=True, method="L-BFGS-B").x)
