"""Interactions of users with items. `core.recommend.log_reader`, which loads table libraries, reads them from files."""

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

    Attributes
    ----------
    users, items : array of int64, shape (n,)
        Indices of `user_names` and `item_names`.
    times : array of float64, shape (n,)
        Seconds of any clock, or row numbers.
    weights : array of float32, shape (n,)
        Above 0.
    user_names, item_names : tuple of str
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
        """Sums of weights, (users, items)."""
        shape = (len(self.user_names), len(self.item_names))
        return sp.csr_matrix((self.weights, (self.users, self.items)), shape=shape, dtype=np.float32)

    def user_session(self, user: int) -> NDArray[np.int64]:
        """Distinct items of one user, by the time of the first interaction."""
        items = self.items[self.users == user]
        return items[np.sort(np.unique(items, return_index=True)[1])]

    def by_user(self) -> dict[int, NDArray[np.int64]]:
        """`user_session` of all users in the log."""
        order = np.argsort(self.users, kind="stable")
        users, starts = np.unique(self.users[order], return_index=True)
        parts = np.split(self.items[order], starts)[1:]  # before the first user there is nothing
        firsts = (part[np.sort(np.unique(part, return_index=True)[1])] for part in parts)
        return dict(zip(users.tolist(), firsts, strict=True))
