"""Products of matrices that are not large by one thread: on a busy machine the threads of BLAS wait for one another."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def single_threaded(work: Callable[P, T]) -> Callable[P, T]:
    """The same function, during which BLAS and OpenMP use one thread."""

    @wraps(work)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return work(*args, **kwargs)

    return alone
