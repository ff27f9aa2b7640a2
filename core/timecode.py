"""Seconds of a video as players write them."""

from __future__ import annotations


def timecode(seconds: float, *, tenths: bool = False) -> str:
    """0:07, 12:34, 1:02:03; with `tenths` 0:07.5. Rounded down, as players show it; below zero is 0."""
    whole, rest = divmod(int(max(0.0, seconds) * 10 + 1e-3), 10)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"{text}.{rest}" if tenths else text
