"""Slow work: what it reports to, and what may stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from core.errors import Cancelled

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task has come.

    Attributes
    ----------
    stage
        What is being done.
    done, total
        In `unit`; `total` is None while unknown.
    seconds
        Time since the stage began.
    unit
        What is counted, as a plural noun.
    """

    stage: str
    done: int
    total: int | None
    seconds: float
    unit: str = "items"

    @property
    def fraction(self) -> float:
        """Share done, 0 to 1; 0 while the total is unknown."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def rate(self) -> float:
        """Units per second so far; 0 at the start."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds left at the rate so far; None while unknown."""
        return (self.total - self.done) / self.rate if self.total and self.rate > 0 else None


OnProgress = Callable[[Progress], object]


@dataclass(frozen=True, slots=True)
class Task:
    """The listener of slow work, handed down through all that the work calls. Safe to share between threads.

    Attributes
    ----------
    on_progress
        Called with each report.
    cancel
        Set it from any thread: the work ends at its next item.
    """

    on_progress: OnProgress | None = None
    cancel: threading.Event | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether the work shall end."""
        return self.cancel is not None and self.cancel.is_set()

    def check(self, message: str) -> None:
        """Raises Cancelled if the work shall end. message: what ended, and what is kept."""
        if self.is_cancelled:
            raise Cancelled(message)

    def stage(self, name: str, unit: str = "items") -> Stage:
        """A stage that begins now."""
        return Stage(self, name, unit)

    def track(self, items: Collection[T], stage: str, unit: str = "items", *, stopped: str) -> Iterator[T]:
        """The items, with a check before and a report after each. stopped: the message of Cancelled."""
        now = self.stage(stage, unit)
        for done, item in enumerate(items, 1):
            self.check(stopped)
            yield item
            now.report(done, len(items))

    def track_batches(
        self, items: Sequence[T], size: int, stage: str, unit: str = "items", *, stopped: str
    ) -> Iterator[Sequence[T]]:
        """As `track`, with up to `size` items at a time."""
        now = self.stage(stage, unit)
        for first in range(0, len(items), size):
            self.check(stopped)
            yield items[first : first + size]
            now.report(min(first + size, len(items)), len(items))

    def tell(self, progress: Progress) -> None:
        """Passes on a report that another task made."""
        if self.on_progress is not None:
            self.on_progress(progress)

    def part(self, on_progress: OnProgress | None = None) -> Task:
        """A task that is cancelled with this one; its reports go to `on_progress`, or nowhere."""
        return Task(on_progress, self.cancel)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a task: counts in `unit`, and keeps the time since it began."""

    task: Task
    name: str
    unit: str
    began: float = field(default_factory=time.monotonic)

    def report(self, done: int, total: int | None = None) -> None:
        """Reports how many are done; `total` is None while unknown."""
        self.task.tell(Progress(self.name, done, total, time.monotonic() - self.began, self.unit))


SILENT = Task()  # of work that nobody watches or stops
