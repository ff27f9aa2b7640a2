"""How slow work tells how far it is: one frozen record, one callback type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work has come.

    done, total: in `unit`s; `total` is None while it is not known.
    seconds: elapsed since the work began.
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
        """Units per second so far; 0 before anything is done."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to go at the rate so far; None while it cannot be told."""
        return (self.total - self.done) / self.rate if self.total and self.rate > 0 else None


OnProgress = Callable[[Progress], object]
