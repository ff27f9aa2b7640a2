"""Which frames of a video are sampled, and the time that each stands for."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol

from core.errors import MediaError


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which frames of a video are taken.

    Parameters
    ----------
    fps : float
        Frames per second, 0.01 to 60.
    by : {"rate", "keyframes", "scenes"}
        "rate" takes `fps` frames per second. "keyframes" takes those that stand alone in the stream, at most `fps` per
        second; this is fast, because nothing else is decoded. "scenes" takes one frame per scene that PySceneDetect
        finds, and one per 10 seconds of a longer scene.

    Raises
    ------
    MediaError
        Other values.
    """

    fps: float = 1.0
    by: Literal["rate", "keyframes", "scenes"] = "rate"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.fps) and 0.01 <= self.fps <= 60):
            raise MediaError(f"{self.fps:g} frames per second: give a rate from 0.01 to 60.")
        if self.by not in ("rate", "keyframes", "scenes"):
            raise MediaError(f"Frames are sampled by rate, keyframes or scenes, not by {self.by!r}.")

    def __str__(self) -> str:
        """The form that is stored beside the vectors."""
        return "scenes" if self.by == "scenes" else f"{self.fps:g} fps" + (" keyframes" * (self.by == "keyframes"))

    @classmethod
    def parse(cls, text: str) -> Sampling:
        """Reads what `str` writes."""
        if text == "scenes":
            return cls(by="scenes")
        fps, _, by = text.partition(" fps")
        return cls(float(fps), "keyframes" if by.strip() else "rate")


Shown = Iterator[tuple[float, Any]]  # (since when it is on the screen, frame), in order
Sampled = Iterator[tuple[float, float, Any]]  # (since when it stands for the time, its own time, frame)

_EPS = 1e-6  # of a cell: times are sums of fractions


class Cells(Protocol):
    """Cells in a row, numbered from 0. Times in seconds."""

    step_s: float

    def first(self, at: float) -> int:
        """The first cell whose middle is at a time or after it."""
        ...

    def start(self, cell: int) -> float:
        """Where a cell begins; infinity past the last."""
        ...


class EvenCells:
    """Cells of one length without end."""

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s

    def first(self, at: float) -> int:
        return max(0, math.ceil(at / self.step_s - 0.5 - _EPS))

    def start(self, cell: int) -> float:
        return cell * self.step_s


class CellsBetween:
    """Cells from edge to edge: n + 1 rising edges, n cells. Times in seconds."""

    def __init__(self, edges: Sequence[float]) -> None:
        self._edges = edges
        self._middles = [(start + end) / 2 for start, end in pairwise(edges)]
        self.step_s = min((end - start for start, end in pairwise(edges)), default=1.0)

    def first(self, at: float) -> int:
        return bisect_left(self._middles, at - _EPS)

    def start(self, cell: int) -> float:
        return self._edges[cell] if cell < len(self._middles) else math.inf


def measure_time_on_screen(cells: Cells, shown: Shown, end_s: Callable[[], float], *, is_whole: bool) -> Sampled:
    """The frame on the screen at each cell's middle, once for a run of cells. end_s: called after the last frame.

    A rest too short to reach a middle belongs to the frame before; if there is none, the last frame stands for it.
    So a video always has a frame, also where its picture begins late and ends soon. is_whole: whether `shown` begins
    at the beginning.
    """
    last: tuple[float, Any] | None = None
    is_empty = is_whole
    for at, frame in shown:
        if last is not None and cells.first(at) > cells.first(last[0]):
            is_empty = False
            yield cells.start(cells.first(last[0])), *last
        last = at, frame
    if last is not None:
        cell = cells.first(last[0])
        if cell == 0 or cells.first(end_s()) > cell:
            yield cells.start(cell), *last
        elif is_empty:
            yield last[0], *last


def first_in_each(cells: EvenCells, shown: Shown) -> Sampled:
    """The first frame that begins in each cell; it stands for the time from its own on."""
    done = -1
    for at, frame in shown:
        cell = int(at / cells.step_s + _EPS)
        if cell > done:
            done = cell
            yield at, at, frame
