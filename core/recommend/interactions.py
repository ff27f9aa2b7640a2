"""Interactions of users with items. `core.recommend.log_reader` reads them from files, and loads tables for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Session = Sequence[int] | NDArray[np.int64]  # numbers of items, in the order of time


@dataclass(frozen=True, eq=False)
class InteractionLog:
    """n interactions, in the order of time.

    users, items: (n,) indices of user_names and item_names. times: (n,) seconds of any clock, or row numbers. weights:
    (n,), above 0.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    times: NDArray[np.float64]
    weights: NDArray[np.float32]
    user_names: tuple[str, ...]
    item_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.users)

    def part(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> InteractionLog:
        """Some of the interactions; users and items keep their numbers."""
        return InteractionLog(
            self.users[rows], self.items[rows], self.times[rows], self.weights[rows], self.user_names, self.item_names
        )

    def matrix(self) -> sp.csr_matrix:
        """(users, items) sums of weights."""
        shape = (len(self.user_names), len(self.item_names))
        return sp.csr_matrix((self.weights, (self.users, self.items)), shape=shape, dtype=np.float32)

    def user_session(self, user: int) -> NDArray[np.int64]:
        """The distinct items of one user, in the order of time of their first interaction."""
        items = self.items[self.users == user]
        return items[np.sort(np.unique(items, return_index=True)[1])]

    def by_user(self) -> dict[int, NDArray[np.int64]]:
        """`user_session` of all users in the log."""
        order = np.argsort(self.users, kind="stable")
        users, starts = np.unique(self.users[order], return_index=True)
        parts = np.split(self.items[order], starts)[1:]  # before the first user there is nothing
        firsts = (part[np.sort(np.unique(part, return_index=True)[1])] for part in parts)
        return dict(zip(users.tolist(), firsts, strict=True))
