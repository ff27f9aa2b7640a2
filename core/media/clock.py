"""The seconds of decoded frames, made to run forwards where a file's own times do not."""

from __future__ import annotations

from typing import Any

_BACK_S = 1.0  # less is disorder, more is a splice after which the time is counted anew
_LEAP_S = 10.0  # as FFmpeg's `dts_delta_threshold`, for the same formats
_LEAPING = ("mpegts", "mpeg")


class Clock:
    """Tells each frame's time from the beginning of the video, in seconds, never going back."""

    def __init__(self, *, origin_s: float, span_s: float, container: str) -> None:
        """origin_s: of the container's clock. span_s: from frame to frame where no times are given."""
        self._shift_s, self._span_s = -origin_s, span_s
        self._leaps = container in _LEAPING
        self._last: float | None = None

    def time_of(self, frame: Any) -> float:
        """The time of the next frame."""
        last = self._last
        if frame.pts is None:
            at = 0.0 if last is None else last + self._span_s
        else:
            at = float(frame.pts * frame.time_base) + self._shift_s
            if last is not None and (at < last - _BACK_S or (self._leaps and at > last + _LEAP_S)):
                self._shift_s += last + self._span_s - at
                at = last + self._span_s
        self._last = max(at, last or 0.0)
        return self._last

    def length_of(self, frame: Any) -> float:
        """How long a frame is shown, as far as it says."""
        return float(frame.duration * frame.time_base) if frame.duration and frame.time_base else self._span_s
