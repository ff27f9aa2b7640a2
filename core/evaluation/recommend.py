"""Offline evaluation of recommendations: a log is cut in time, and its later part is predicted from the earlier one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.errors import DataError
from core.progress import SILENT, Task
from core.recommend.collaborative import extend_with_content, learn_behavior
from core.recommend.hybrid import FEATURES, HybridModel, compute_content_scores, learn_blend_weights
from core.recommend.log_reader import InteractionLog, Session
from core.utils.blas_threads import limit_to_one_thread

_LATER = 0.2  # share of the interactions that is predicted
_MOST_USERS = 2_000

Scorer = Callable[[Session], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class MethodReport:
    """Figures of one method at k, means over users.

    Attributes
    ----------
    method : str
    recall : float
        Share of a user's later items among the first k, 0 to 1.
    ndcg : float
        As recall, but earlier ranks count more [1]_, 0 to 1.
    cold_recall : float or None
        Recall of later items without earlier interactions, among the first k such items; None if there are none.
    coverage : float
        Share of all items recommended to anybody, 0 to 1.
    diversity : float or None
        Mean cosine distance of two recommended items, 0 to 2; None without content.

    References
    ----------
    .. [1] Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques"
    """

    method: str
    recall: float
    ndcg: float
    cold_recall: float | None
    coverage: float
    diversity: float | None


@dataclass(frozen=True, slots=True)
class RecommendReport:
    """Figures of all methods.

    Attributes
    ----------
    k, users, items : int
    cold_items : int
        Items that occur only in the later part.
    interactions : int
    methods : tuple of MethodReport
    weights : dict of str to float or None
        Learned weights of the blend; None without content.
    """

    k: int
    users: int
    items: int
    cold_items: int
    interactions: int
    methods: tuple[MethodReport, ...]
    weights: dict[str, float] | None


@task_keywords
@limit_to_one_thread()
def evaluate_recommend(
    log: InteractionLog, content: Vectors | None = None, *, k: int = 10, seed: int = 0, task: Task = SILENT
) -> RecommendReport:
    """Predicts the last fifth of a log from the rest: the items that each user had not interacted with before.

    The weights of the blend are learned from the end of the earlier part, see `core.recommend.learn_blend_weights`.

    Parameters
    ----------
    log : InteractionLog
    content : array of float32, shape (items, dim), optional
        Unit rows of the log's items, zeros where unknown; without it, only methods without content are measured.
    k : int
        Length of the recommended lists.
    seed : int
    task : Task, optional

    Returns
    -------
    RecommendReport

    Raises
    ------
    DataError
        No user has new items in the later part.
    Cancelled
    """
    early, sessions, ground_truth = _split_by_time(log, seed)
    behavior = learn_behavior(early, seed=seed, task=task)
    rng = np.random.default_rng(seed)
    scorers: dict[str, Scorer] = {
        "random": lambda _: rng.random(len(log.item_names)).astype(np.float32),
        "popularity": lambda _: behavior.popularity,
        "together": lambda session: behavior.scores(session, by="together"),
        "behaviour": lambda session: behavior.scores(session),
    }
    weights: dict[str, float] | None = None
    if content is not None:
        learned = learn_blend_weights(early, content, seed=seed, task=task)
        blend = HybridModel(content, extend_with_content(behavior, content), learned)
        weights = {name: round(float(weight), 3) for name, weight in zip(FEATURES, blend.blend_weights, strict=True)}
        scorers |= {"content": lambda session: compute_content_scores(content, session), "both": blend.scores}
    reports: list[MethodReport] = []
    stage = task.stage("measure", "lists")

    def report_progress(done: int) -> None:
        task.check("Stopped: nothing was measured.")
        stage.report(len(reports) * len(ground_truth) + done, len(scorers) * len(ground_truth))

    for name, scorer in scorers.items():
        reports.append(
            _measure_method(name, scorer, sessions, ground_truth, behavior.warm, content, k, report_progress)
        )
    return RecommendReport(
        k, len(ground_truth), len(log.item_names), int((~behavior.warm).sum()), len(log), tuple(reports), weights
    )  # fmt: skip


def _split_by_time(
    log: InteractionLog, seed: int
) -> tuple[InteractionLog, dict[int, NDArray[np.int64]], dict[int, NDArray[np.int64]]]:
    """The earlier part of the log, its sessions by user, and each user's new items in the later part.

    Raises DataError if there is nothing to predict.
    """
    rows, cut = np.arange(len(log)), round((1 - _LATER) * len(log))
    early, late = log.part(rows < cut), log.part(rows >= cut)
    users = np.intersect1d(early.users, late.users)
    if not len(users):
        raise DataError("No user of the first four fifths of the log returns later: it is too short to measure on.")
    users = np.sort(np.random.default_rng(seed).permutation(users)[:_MOST_USERS])
    sessions, later = early.by_user(), late.by_user()
    ground_truth = {user: np.setdiff1d(later[user], sessions[user]) for user in users.tolist()}
    ground_truth = {user: truth for user, truth in ground_truth.items() if len(truth)}
    if not ground_truth:
        raise DataError(
            "In the last fifth of the log, users return only to known items: there is nothing to predict. Use a longer "
            "log, or one with more items."
        )
    return early, sessions, ground_truth


def _measure_method(
    name: str,
    scorer: Scorer,
    sessions: dict[int, NDArray[np.int64]],
    ground_truth: dict[int, NDArray[np.int64]],
    warm: NDArray[np.bool_],
    content: Vectors | None,
    k: int,
    report: Callable[[int], None],
) -> MethodReport:
    recalls, gains, cold_recalls, diversities = [], [], [], []
    recommended: set[int] = set()
    for done, (user, truth) in enumerate(ground_truth.items()):
        report(done)
        session = sessions[user]
        scores = np.array(scorer(session), np.float64)
        scores[session] = -np.inf
        first = np.argsort(-scores, kind="stable")[:k]
        is_hit = np.isin(first, truth)
        recalls.append(is_hit.sum() / min(k, len(truth)))
        ideal = (1 / np.log2(np.arange(2, min(k, len(truth)) + 2))).sum()
        gains.append((is_hit / np.log2(np.arange(2, len(first) + 2))).sum() / ideal)
        cold_truth = truth[~warm[truth]]
        if len(cold_truth):
            cold_scores = np.where(warm, -np.inf, scores)
            first_cold = np.argsort(-cold_scores, kind="stable")[:k]
            cold_recalls.append(np.isin(cold_truth, first_cold).sum() / min(k, len(cold_truth)))
        recommended.update(first.tolist())
        if content is not None and len(first) > 1:
            vectors = content[first]
            total = float((vectors.sum(axis=0) ** 2).sum()) - len(first)
            diversities.append(1 - total / (len(first) * (len(first) - 1)))
    return MethodReport(
        method=name,
        recall=_mean(recalls),
        ndcg=_mean(gains),
        cold_recall=_mean(cold_recalls) if cold_recalls else None,
        coverage=round(len(recommended) / len(warm), 4),
        diversity=_mean(diversities) if diversities else None,
    )


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 4)
