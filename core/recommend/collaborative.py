"""Collaborative filtering: item factors from a log, and co-occurrence of items."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Vectors
from core.errors import DataError
from core.progress import SILENT, Task
from core.recommend.log_reader import InteractionLog, Session
from core.utils.blas_threads import limit_to_one_thread

if TYPE_CHECKING:  # loads slowly
    from implicit.cpu.als import AlternatingLeastSquares

Method = Literal["als", "together"]

_FACTORS = 32
_ROUNDS = 15
_REGULARIZATION = 0.1
_CONFIDENCE = 5.0  # weight of one interaction (alpha of Hu et al. 2008, who use 40 for hours of television)
_FADE = 0.8  # weight of an item of a session relative to the next one, so that the latest counts most
_FEW = 1.0  # people at which an item's factors come half from content and half from the log
_BLOCK, _NEAREST = 500, 200  # items per block; co-occurring items per item
_SMOOTH = 10.0  # interactions that damp the co-occurrence of rare items


@dataclass(frozen=True, eq=False)
class Behavior:
    """A model of a log.

    Parameters
    ----------
    item_names : tuple of str
    popularity : array of float, shape (items,)
        People who interacted with each item.
    factors : array of float, shape (items, f), or None
        By implicit alternating least squares (Hu, Koren and Volinsky 2008).
    co_occurrence : sparse matrix, shape (items, items), or None
        Damped cosines of the items' columns of people.
    """

    item_names: tuple[str, ...]
    popularity: NDArray[np.float32]
    factors: NDArray[np.float32] | None
    co_occurrence: sp.csr_matrix | None

    @property
    def warm(self) -> NDArray[np.bool_]:
        """Whether an item is in the log, (items,); others are cold."""
        return self.popularity > 0

    @cached_property
    def warmth(self) -> NDArray[np.float32]:
        """Weight of the log, rather than of content, in an item's factors: (items,), 0 to 1."""
        return (self.popularity / (self.popularity + _FEW)).astype(np.float32)

    @cached_property
    def _solver(self) -> AlternatingLeastSquares:
        """A model with these factors, which solves for those of a new user (Hu et al. 2008, equation 4)."""
        if self.factors is None:
            raise DataError("Factors were not learned for this log.")
        model = _make_solver(self.factors.shape[1], num_threads=1)
        model.item_factors = np.ascontiguousarray(self.factors, np.float32)
        return model

    def scores(self, session: Session, *, by: Method = "als") -> NDArray[np.float32]:
        """Scores of all items for a session, (items,).

        Parameters
        ----------
        session : sequence of int
            Item numbers, the latest last; an empty session gives the logarithm of popularity.
        by : {"als", "together"}
            "als": the factors of a new user with this session, in which the latest items count most. "together":
            co-occurrence with the items of the session.

        Raises
        ------
        DataError
            The log was not learned by that method.
        """
        if not len(session):
            return np.log1p(self.popularity)
        recency = _FADE ** np.arange(len(session) - 1, -1, -1)
        if by == "together":
            if self.co_occurrence is None:
                raise DataError("Co-occurrence was not counted for this log.")
            chosen = self.co_occurrence[np.asarray(session, np.int64)]
            return np.asarray(chosen.T @ recency, np.float32).ravel()
        confidence = (_CONFIDENCE * recency + 1).astype(np.float32)
        shape = (1, len(self.item_names))
        row = sp.csr_matrix((confidence, np.asarray(session, np.int64), [0, len(session)]), shape)
        return np.asarray(self._solver.item_factors @ self._solver.recalculate_user(0, row), np.float32)


@task_keywords
def learn_behavior(
    log: InteractionLog,
    *,
    methods: Sequence[Method] = ("als", "together"),
    factors: int = _FACTORS,
    seed: int = 0,
    task: Task = SILENT,
) -> Behavior:
    """Learns a model of a log: item factors [1]_ and co-occurrence.

    Parameters
    ----------
    log : InteractionLog
    methods : sequence of {"als", "together"}
    factors : int
        Most dimensions of the factors.
    seed : int
    task : Task, optional

    Returns
    -------
    Behavior

    Raises
    ------
    DataError
        A method is unknown.
    Cancelled

    References
    ----------
    .. [1] Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets"
    """
    for method in methods:
        if method not in get_args(Method):
            raise DataError(f"Unknown method {method!r}: choose {', '.join(get_args(Method))}.")
    matrix = log.matrix()
    people = (matrix > 0).astype(np.float32)
    popularity = np.asarray(people.sum(axis=0), np.float32).ravel()
    return Behavior(
        log.item_names,
        popularity,
        _als(matrix, factors, seed, task) if "als" in methods else None,
        _count_co_occurrence(people, task) if "together" in methods else None,
    )


def _als(matrix: sp.csr_matrix, factors: int, seed: int, task: Task) -> NDArray[np.float32]:
    if not matrix.nnz:
        return np.zeros((matrix.shape[1], 1), np.float32)
    stage = task.stage("learn", "rounds")

    def report(done: int, *_: Any) -> None:
        task.check("Stopped before the log was learned from.")
        stage.report(done + 1, _ROUNDS)

    confidence = matrix.copy()
    confidence.data = (_CONFIDENCE * np.log1p(confidence.data)).astype(np.float32)
    model = _make_solver(
        min(factors, *matrix.shape), iterations=_ROUNDS, random_state=seed, num_threads=os.cpu_count() or 1
    )
    with limit_to_one_thread():  # of BLAS; the solver has its own threads
        model.fit(confidence, show_progress=False, callback=report)
    return np.asarray(model.item_factors, np.float32)


def _make_solver(factors: int, **settings: Any) -> AlternatingLeastSquares:
    from implicit.cpu.als import AlternatingLeastSquares

    with limit_to_one_thread():  # otherwise it warns about threads of BLAS
        return AlternatingLeastSquares(factors, regularization=_REGULARIZATION, **settings)


def _count_co_occurrence(people: sp.csr_matrix, task: Task) -> sp.csr_matrix:
    """Damped cosines of the columns of (users, items): the 200 largest of each item, 0 on the diagonal.

    `implicit.nearest_neighbours` has no damping and no cancellation. On simulated logs its cosines reach a recall@10 of
    0.084 instead of the documented 0.080, and its plain counts 0.061.
    """
    counts = np.asarray(people.sum(axis=0)).ravel()
    items = people.T.tocsr()
    blocks = []
    for first in range(0, items.shape[0], _BLOCK):
        task.check("Stopped before the log was learned from.")
        shared = (items[first : first + _BLOCK] @ people).tocoo()
        rows = shared.row + first
        values = shared.data / (np.sqrt(counts[rows] * counts[shared.col]) + _SMOOTH)
        order = np.lexsort((-values, shared.row))
        rank = np.arange(len(order)) - np.searchsorted(shared.row[order], shared.row[order])
        order = order[(rank <= _NEAREST) & (rows[order] != shared.col[order])]
        shape = (shared.shape[0], items.shape[0])
        blocks.append(sp.csr_matrix((values[order], (shared.row[order], shared.col[order])), shape, np.float32))
    return sp.vstack(blocks, "csr")


def extend_with_content(
    behavior: Behavior, content: Vectors, *, alphas: Sequence[float] = (0.1, 1.0, 10.0)
) -> Behavior:
    """Predicts factors of cold items from content: the content tower of a two-tower model, in closed form [1]_.

    A ridge regression maps content vectors to the factors of warm items. An item of few people gets a weighted mean of
    its own and the predicted factors.

    Parameters
    ----------
    behavior : Behavior
    content : array of float, shape (items, dim)
        Unit rows.
    alphas : sequence of float
        Regularization, chosen by leave-one-out.

    Returns
    -------
    Behavior

    Raises
    ------
    DataError
        There are no factors.

    References
    ----------
    .. [1] Gantner et al. 2010, "Learning attribute-to-feature mappings for cold-start recommendations"
    """
    if behavior.factors is None:
        raise DataError("Factors were not learned for this log.")
    warm, warmth = behavior.warm, behavior.warmth[:, None]
    if warm.sum() < 2:
        return behavior
    from sklearn.linear_model import RidgeCV

    ridge = RidgeCV(alphas=alphas).fit(content[warm], behavior.factors[warm], sample_weight=warmth[warm, 0])
    factors = warmth * behavior.factors + (1 - warmth) * ridge.predict(content).astype(np.float32)
    return replace(behavior, factors=factors)
