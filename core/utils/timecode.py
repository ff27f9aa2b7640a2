"""Times in a video, as players write them."""

from __future__ import annotations

_SHORT_S = 20.0  # in videos up to this long whole seconds would be too coarse


def format_timecode(seconds: float, *, within: float | None = None) -> str:
    """A time as 0:07, 12:34 or 1:02:03, rounded down to the second as in players.

    Parameters
    ----------
    seconds : float
        Below zero counts as 0.
    within : float, optional
        Length of the video in seconds. In a short one (20 s) tenths are written, 0:07.5.

    Returns
    -------
    str
    """
    tenths = round(max(0.0, seconds) * 10)
    if within is None or within > _SHORT_S:
        tenths = int(max(0.0, seconds) + 1e-3) * 10
    minutes, rest = divmod(tenths, 600)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{rest // 10:02}" if hours else f"{minute}:{rest // 10:02}"
    return f"{text}.{rest % 10}" if within is not None and within <= _SHORT_S else text


def format_timespan(start_s: float, end_s: float, *, within: float | None = None) -> str:
    """A range of time as 0:12–0:18. within: see `format_timecode`."""
    return f"{format_timecode(start_s, within=within)}\N{EN DASH}{format_timecode(end_s, within=within)}"
