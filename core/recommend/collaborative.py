"""What people who liked this also liked: factors of items from a log, and items that go together."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.errors import Cancelled, DataError
from core.progress import OnProgress, Progress
from core.recommend.log_reader import InteractionLog, Session
from core.utils.blas_threads import limit_to_one_thread

Method = Literal["als", "together"]

_FACTORS = 32
_ROUNDS = 15
_REGULARIZATION = 0.1
_CONFIDENCE = 5.0  # of one interaction over none (the alpha of Hu et al. 2008, who have 40 for hours of television)
_FADE = 0.8  # of what came before, at each step of a session: what was last done counts most
_FEW = 1.0  # people: of an item with that many, its content says as much as they do
_BLOCK, _NEAREST = 500, 200  # items at a time whose companions are counted, and how many of these are kept
_SMOOTH = 10.0  # interactions: what was seen less often than that is not said to go with anything


@dataclass(frozen=True, eq=False)
class Behavior:
    """What a log says. item_names: of its items. popularity: (items,) people who had to do with each.

    factors: (items, f) of implicit alternating least squares (Hu, Koren and Volinsky 2008), or None; together: (items,
    items) sparse, how often the same people had to do with both over what chance would have, or None.
    warm: (items,) whether the log has the item at all: others ("cold") have factors only where `core.recommend.hybrid`
    gave them some.
    """

    item_names: tuple[str, ...]
    popularity: NDArray[np.float32]
    factors: NDArray[np.float32] | None
    co_occurrence: sp.csr_matrix | None

    @property
    def warm(self) -> NDArray[np.bool_]:
        return self.popularity > 0

    @cached_property
    def warmth(self) -> NDArray[np.float32]:
        """(items,) 0 to 1: how much the log itself says of each, against what is expected of its content."""
        return (self.popularity / (self.popularity + _FEW)).astype(np.float32)

    @cached_property
    def gram(self) -> NDArray[np.float64]:
        """(f, f) of the factors."""
        factors = np.empty((0, 0)) if self.factors is None else self.factors.astype(np.float64)
        return factors.T @ factors

    def scores(self, session: Session, *, by: Method = "als") -> NDArray[np.float32]:
        """(items,) for somebody who had to do with these items, in the order of time: no account is needed.

        "als": the session's factors, solved for as a new user's, the latest counting most. "together": items that go
        with those of the session. An empty session has the popularity of each.
        """
        if not len(session):
            return np.log1p(self.popularity)
        recency = _FADE ** np.arange(len(session) - 1, -1, -1)
        if by == "together":
            if self.co_occurrence is None:
                raise DataError("Items that go together were not counted for this log.")
            chosen = self.co_occurrence[np.asarray(session, np.int64)]
            return np.asarray(chosen.T @ recency, np.float32).ravel()
        if self.factors is None:
            raise DataError("Factors were not learned for this log.")
        return self.factors @ _fold_in(self.factors, self.gram, np.asarray(session, np.int64), recency)


def learn_behavior(
    log: InteractionLog,
    *,
    methods: Sequence[Method] = ("als", "together"),
    factors: int = _FACTORS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Behavior:
    """Learns from a log. Raises DataError for an unknown method, and Cancelled."""
    for method in methods:
        if method not in get_args(Method):
            raise DataError(f"Behaviour is learned by {', '.join(get_args(Method))}, not by {method!r}.")
    matrix = log.matrix()
    people = (matrix > 0).astype(np.float32)
    popularity = np.asarray(people.sum(axis=0), np.float32).ravel()
    return Behavior(
        log.item_names,
        popularity,
        _als(matrix, factors, seed, on_progress, cancel) if "als" in methods else None,
        _count_co_occurrence(people, cancel) if "together" in methods else None,
    )


def _als(
    matrix: sp.csr_matrix,
    factors: int,
    seed: int,
    on_progress: OnProgress | None,
    cancel: threading.Event | None,
) -> NDArray[np.float32]:
    from implicit.cpu.als import AlternatingLeastSquares

    started = time.monotonic()

    def told(done: int, *_: Any) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if on_progress:
            on_progress(Progress("learn", done + 1, _ROUNDS, time.monotonic() - started, "rounds"))

    confidence = matrix.copy()
    confidence.data = (_CONFIDENCE * np.log1p(confidence.data)).astype(np.float32)
    with limit_to_one_thread():  # for BLAS; the solver has threads of its own
        model = AlternatingLeastSquares(
            factors=min(factors, *matrix.shape), regularization=_REGULARIZATION, iterations=_ROUNDS, random_state=seed,
            num_threads=os.cpu_count() or 1,
        )  # fmt: skip
        model.fit(confidence, show_progress=False, callback=told)
    return np.asarray(model.item_factors, np.float32)


def _count_co_occurrence(people: sp.csr_matrix, cancel: threading.Event | None) -> sp.csr_matrix:
    """Cosines of the columns of (users, items), damped where few people stand behind them; 0 on the diagonal, and of
    each item only those that go with it best."""
    counts = np.asarray(people.sum(axis=0)).ravel()
    rest = people.T.tocsr()
    blocks = []
    for first in range(0, rest.shape[0], _BLOCK):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        both = (rest[first : first + _BLOCK] @ people).tocoo()
        rows = both.row + first
        values = both.data / (np.sqrt(counts[rows] * counts[both.col]) + _SMOOTH)
        order = np.lexsort((-values, both.row))
        place = np.arange(len(order)) - np.searchsorted(both.row[order], both.row[order])
        order = order[(place <= _NEAREST) & (rows[order] != both.col[order])]
        shape = (both.shape[0], rest.shape[0])
        blocks.append(sp.csr_matrix((values[order], (both.row[order], both.col[order])), shape, np.float32))
    return sp.vstack(blocks, "csr")


def _fold_in(
    factors: NDArray[np.float32],
    gram: NDArray[np.float64],
    session: NDArray[np.int64],
    recency: NDArray[np.floating],
) -> NDArray[np.float32]:
    """The factors (f,) of a new user: argmin over u of sum over the session of (1 + c_i) (1 - y_i u)^2, plus the sum
    over all others of (y_j u)^2, plus r |u|^2 (Hu et al. 2008, equation 4)."""
    own = factors[session].astype(np.float64)
    weights = _CONFIDENCE * recency
    system = gram + _REGULARIZATION * np.eye(factors.shape[1]) + (own * weights[:, None]).T @ own
    return np.linalg.solve(system, own.T @ (weights + 1.0)).astype(np.float32)


def extend_with_content(
    behavior: Behavior, content: Vectors, *, alphas: Sequence[float] = (0.1, 1.0, 10.0)
) -> Behavior:
    """Factors for cold items, by ridge regression from content vectors (items, dim) of all items to the factors of warm
    ones: the content tower of a two-tower model, solved in closed form (Gantner et al. 2010). An item that few people
    had to do with gets a mean of its own factors and of those that are expected of it.
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
