"""Offline evaluation of recommendations: a log is cut in time, and its later part is predicted from the earlier."""

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

_LATER = 0.2  # share of the interactions that is asked for
_MOST_USERS = 2_000

Scorer = Callable[[Session], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class MethodReport:
    """One method's figures at k, means over users.

    recall: share of a user's later items that are among the first k. ndcg: the same, early places counting more
    (Järvelin and Kekäläinen 2002), 0 to 1. cold_recall: of later items that nobody had to do with before, among the
    first k such items; None where there are none. coverage: share of all items that are recommended to anybody.
    diversity: mean cosine distance of two recommended items, 0 to 2; None without content.
    """

    method: str
    recall: float
    ndcg: float
    cold_recall: float | None
    coverage: float
    diversity: float | None


@dataclass(frozen=True, slots=True)
class RecommendReport:
    """k places; users asked, items, and how many of these are cold (only in the later part). weights: of what the blend
    adds up, as learned; None without content.
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
    """Cuts the log at four fifths of its interactions in time, learns from the earlier ones, and asks for what each
    user had to do with later and not before. The blend's weights are learned from the last of the earlier ones, see
    `core.recommend.hybrid`.

    content: (items, dim) unit rows of the log's items, zeros where there is none; without it only what needs none is
    measured. Raises DataError where nobody is on both sides of the cut, and Cancelled.
    """
    cut = round((1 - _LATER) * len(log))
    rows = np.arange(len(log))
    early, late = log.part(rows < cut), log.part(rows >= cut)
    users = np.intersect1d(early.users, late.users)
    if not len(users):
        raise DataError("Nobody in the log comes again after four fifths of it: it is too short to measure on.")
    users = np.sort(np.random.default_rng(seed).permutation(users)[:_MOST_USERS])
    sessions, later = early.by_user(), late.by_user()
    ground_truth = {user: np.setdiff1d(later[user], sessions[user]) for user in users.tolist()}
    ground_truth = {user: truth for user, truth in ground_truth.items() if len(truth)}
    if not ground_truth:
        raise DataError(
            "Nobody in the log comes to a new item after four fifths of it, only back to known ones: there is nothing "
            "to predict. Give a longer log, or one with more items."
        )
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
        weights = {name: round(float(entry), 3) for name, entry in zip(FEATURES, blend.blend_weights, strict=True)}
        scorers |= {"content": lambda session: compute_content_scores(content, session), "both": blend.scores}
    reports: list[MethodReport] = []
    stage = task.stage("measure", "lists")

    def report_progress(done: int) -> None:
        task.check("Stopped: nothing was measured.")
        lists, total = len(reports) * len(ground_truth) + done, len(scorers) * len(ground_truth)
        stage.report(lists, total)

    for name, scorer in scorers.items():
        reports.append(
            _measure_method(name, scorer, sessions, ground_truth, behavior.warm, content, k, report_progress)
        )
    return RecommendReport(
        k, len(ground_truth), len(log.item_names), int((~behavior.warm).sum()), len(log), tuple(reports), weights
    )  # fmt: skip


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
    recalls, gains, cold, spread = [], [], [], []
    shown: set[int] = set()
    for done, (user, truth) in enumerate(ground_truth.items()):
        report(done)
        session = sessions[user]
        scores = np.array(scorer(session), np.float64)
        scores[session] = -np.inf
        first = np.argsort(-scores, kind="stable")[:k]
        right = np.isin(first, truth)
        recalls.append(right.sum() / min(k, len(truth)))
        ideal = (1 / np.log2(np.arange(2, min(k, len(truth)) + 2))).sum()
        gains.append((right / np.log2(np.arange(2, len(first) + 2))).sum() / ideal)
        strange = truth[~warm[truth]]
        if len(strange):
            among = np.where(warm, -np.inf, scores)
            cold.append(np.isin(strange, np.argsort(-among, kind="stable")[:k]).sum() / min(k, len(strange)))
        shown.update(first.tolist())
        if content is not None and len(first) > 1:
            chosen = content[first]
            total = float((chosen.sum(axis=0) ** 2).sum()) - len(first)
            spread.append(1 - total / (len(first) * (len(first) - 1)))
    return MethodReport(
        method=name,
        recall=_mean(recalls),
        ndcg=_mean(gains),
        cold_recall=_mean(cold) if cold else None,
        coverage=round(len(shown) / len(warm), 4),
        diversity=_mean(spread) if spread else None,
    )


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 4)
