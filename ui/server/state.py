"""What the server keeps for all visits: made once under a lock, and kept until the server ends.

Not in Streamlit's caches: the message `clear_cache`, which any visitor's browser can send, empties those of all visits.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, cast

_LOG = logging.getLogger("semblance")
P = ParamSpec("P")
T = TypeVar("T")
_MISSING = object()


@dataclass(eq=False, slots=True)
class _Place:
    """Room for one value. Its lock is its own: who waits for a slow one holds nobody else up."""

    value: Any = _MISSING
    made: float = 0.0  # monotonic seconds
    lock: threading.RLock = field(default_factory=threading.RLock)


class Kept(Generic[P, T]):
    """A function whose values are kept by its arguments, the `most` used last, each for `seconds`; see `once_each`."""

    def __init__(self, make: Callable[P, T], most: int, seconds: float) -> None:
        self._make, self._most, self._seconds = make, most, seconds
        self._places: OrderedDict[Any, _Place] = OrderedDict()
        self._lock = threading.Lock()
        update_wrapper(self, make)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        place = self._place((args, tuple(sorted(kwargs.items()))))
        with place.lock:
            if place.value is _MISSING or time.monotonic() - place.made > self._seconds:
                place.value, place.made = self._make(*args, **kwargs), time.monotonic()
            return cast(T, place.value)

    def forget(self) -> None:
        """Forgets all values."""
        with self._lock:
            self._places.clear()

    def _place(self, key: Any) -> _Place:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
            return place


_all: list[Kept[Any, Any]] = []


def once(make: Callable[[], T]) -> Callable[[], T]:
    """Decorator: the function is called once for the server, and its value is everybody's. Where it fails, the next
    who asks calls it again."""
    return once_each(most=1)(make)


def once_each(*, most: int, seconds: float = math.inf) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorator: values are kept by their arguments, which are hashable.

    Parameters
    ----------
    most : int
        How many values are kept; the one that was asked for longest ago goes first.
    seconds : float
        How long a value counts; it is made anew afterwards.
    """

    def decorate(make: Callable[P, T]) -> Callable[P, T]:
        made = Kept(make, most, seconds)
        _all.append(made)
        return made

    return decorate


def forget_all() -> None:
    """Forgets all that the server keeps, as if it began anew. For tests."""
    for entry in _all:
        entry.forget()


def repeat(name: str, step: Callable[[], object], *, every_s: float, goes_on: Callable[[], bool]) -> threading.Thread:
    """Begins a thread that takes a step now and then while the server goes on, also where a step fails.

    A failure is written to the log; the same one again only after a step that went well.
    """
    thread = threading.Thread(target=_steps, args=(name, step, every_s, goes_on), name=name, daemon=True)
    thread.start()
    return thread


def _steps(name: str, step: Callable[[], object], every_s: float, goes_on: Callable[[], bool]) -> None:
    predictions = ""
    while goes_on():
        try:
            step()
            predictions = ""
        except Exception as error:
            if repr(error) != predictions:
                _LOG.exception("A step of %r failed; the next comes in %g seconds", name, every_s)
            predictions = repr(error)
        time.sleep(every_s)
