"""Seconds of a video as players write them."""

from __future__ import annotations

_SHORT_S = 20.0  # videos up to this long are told in tenths: whole seconds would be too coarse


def format_timecode(seconds: float, *, within: float | None = None) -> str:
    """0:07, 12:34, 1:02:03; below zero is 0. Rounded down to the second, as players show it.

    within: the length of the video; in a short one tenths are shown, 0:07.5.
    """
    tenths = round(max(0.0, seconds) * 10)
    if within is None or within > _SHORT_S:
        tenths = int(max(0.0, seconds) + 1e-3) * 10
    minutes, rest = divmod(tenths, 600)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{rest // 10:02}" if hours else f"{minute}:{rest // 10:02}"
    return f"{text}.{rest % 10}" if within is not None and within <= _SHORT_S else text


def format_timespan(start_s: float, end_s: float, *, within: float | None = None) -> str:
    """From when to when, 0:12–0:18. within: as of `timecode`."""
    return f"{format_timecode(start_s, within=within)}\N{EN DASH}{format_timecode(end_s, within=within)}"
