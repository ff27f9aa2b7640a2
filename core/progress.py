"""Progress reports of slow work: one record, one callback type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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
