"""Makes frame timestamps monotonic."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from core.media.formats import find_container

_BACK_S = 1.0
_LEAP_S = 10.0  # as FFmpeg's `dts_delta_threshold`, for the same formats
_PATIENCE = 16  # frames: no decoder holds more back, so that more of them in the past are no mere disorder
_SHORT_PATIENCE = 3


def may_jump(container: str) -> bool:
    """Whether recordings are spliced in such files, after which time is counted anew."""
    row = find_container(container)
    return row is not None and row.is_spliced


def has_jumps(times_s: Iterable[float]) -> bool:
    """Whether decoding times go back, or jump far ahead, as after a splice."""
    return any(not last - _BACK_S <= at <= last + _LEAP_S for last, at in pairwise(times_s))


class Clock:
    """Computes the time of each frame from the beginning of the video, in seconds; it never goes back."""

    def __init__(self, *, origin_s: float, span_s: float, container: str) -> None:
        """origin_s: start of the container's clock. span_s: time between frames that have no times."""
        self._shift_s, self._span_s = -origin_s, span_s
        self._leaps = may_jump(container)
        self._last: float | None = None
        self._behind = 0
        self._is_counted = True  # so far no frame had a time of its own, as where a container holds no negative ones

    def time_of(self, frame: Any) -> float:
        """The time of the next frame."""
        if self._last is None:
            self._last = 0.0 if frame.pts is None else max(0.0, self._own(frame))
        elif frame.pts is None:
            self._last += self._span_s
        else:
            at = self._own(frame)
            if (self._is_counted and at < self._last) or self._starts_anew(at, self._last):
                self._shift_s += self._last + self._span_s - at
            self._last = max(self._last, self._own(frame))
        self._is_counted &= frame.pts is None
        return self._last

    def length_of(self, frame: Any) -> float:
        """Duration of a frame in seconds, or the usual time between frames if it has none (or one across a leap)."""
        length_s = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
        return length_s if length_s > 0 and not (self._leaps and length_s > _LEAP_S) else self._span_s

    def _own(self, frame: Any) -> float:
        return float(frame.pts * frame.time_base) + self._shift_s

    def _starts_anew(self, at: float, last: float) -> bool:
        self._behind = self._behind + 1 if at < last - _BACK_S else 0
        if self._behind > (_SHORT_PATIENCE if self._leaps else _PATIENCE):
            self._behind = 0
            return True
        return self._leaps and at > last + _LEAP_S
