"""Work by one thread: what overlaps leaves the libraries as they were, and a limit is cheap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from core.utils.blas_threads import limit_to_one_thread


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    """The libraries may have been told to use one, and so may a machine with one core."""
    with threadpool_limits(2):
        yield


def shared() -> set[int]:
    """The threads of each BLAS that has one number for the whole process."""
    found = [
        entry for entry in threadpool_info() if entry["user_api"] == "blas" and entry["threading_layer"] != "openmp"
    ]
    return {entry["num_threads"] for entry in found}


def own() -> set[int]:
    """The threads of OpenMP in the thread that asks."""
    return {entry["num_threads"] for entry in threadpool_info() if entry["user_api"] == "openmp"}


def test_within_it_is_one_thread_and_after_it_as_many_as_before() -> None:
    before = (shared(), own())
    with limit_to_one_thread():
        assert {entry["num_threads"] for entry in threadpool_info()} == {1}
    assert (shared(), own()) == before != ({1}, {1})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_that_overlap_give_back_what_the_first_found(order: tuple[int, int]) -> None:
    before = shared()
    both = Inside(limit_to_one_thread), Inside(limit_to_one_thread)
    both[order[0]].leave()
    assert shared() == {1}  # for the one that is still inside
    both[order[1]].leave()
    assert shared() == before


def test_an_error_within_gives_back_too() -> None:
    before = shared()
    with pytest.raises(ValueError), limit_to_one_thread():
        np.ones(2) @ np.ones(3)
    assert shared() == before


class Inside:
    """Another thread that has entered, until it is told to leave."""

    def __init__(self, limit: Callable[[], AbstractContextManager[None]]) -> None:
        self._entered, self._may_leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._stay, args=(limit,))
        self._thread.start()
        assert self._entered.wait(10)

    def _stay(self, limit: Callable[[], AbstractContextManager[None]]) -> None:
        with limit():
            self._entered.set()
            self._may_leave.wait(10)

    def leave(self) -> None:
        self._may_leave.set()
        self._thread.join(10)
