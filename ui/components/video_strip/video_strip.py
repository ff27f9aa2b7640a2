"""The storyboard strip of a video: evenly spaced frames, and its moments; each is a button that seeks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from core import Item
from core.search.match_text import describe_match
from core.search.moments import Moment
from core.utils.timecode import format_timecode, format_timespan
from ui.components.gallery.gallery import RETRY
from ui.components.video_player.video_player import frame_urls

_FRAMES = 6
_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "semblance_strip",
    html="<div class='frames'></div><div class='moments'></div>",
    css=(_FOLDER / "video_strip.css").read_text(),
    js=RETRY + (_FOLDER / "video_strip.js").read_text(),
)


def strip(
    item: Item, moments: Sequence[Moment], *, duration_s: float, key: str, on_seek: Callable[[float], None]
) -> None:
    """Show frames of a video, with those of certain moments framed, and the moments. on_seek: called with a second."""
    times = _choose_times(moments, duration_s)
    certain = [moment for moment in moments if moment.is_certain]
    frames = [
        {
            "time": round(time_s, 2),
            "label": format_timecode(time_s, within=duration_s),
            "src": source,
            "inside": any(moment.start_s <= time_s < moment.end_s for moment in certain),
        }
        for time_s, source in zip(times, frame_urls(item, times, key=key), strict=True)
    ]
    buttons = [
        {
            "enter": round(moment.enter_s, 2),
            "label": format_timespan(moment.start_s, moment.end_s, within=duration_s),
            "chance": describe_match(moment),
            "certain": moment.is_certain,
        }
        for moment in moments
    ]

    def clicked() -> None:
        value = st.session_state[key].get("seek")
        if isinstance(value, int | float):
            on_seek(min(max(0.0, float(value)), duration_s))

    token = hashlib.blake2b(json.dumps([frames, buttons]).encode(), digest_size=8).hexdigest()
    _COMPONENT(key=key, data={"token": token, "frames": frames, "moments": buttons}, on_seek_change=clicked)


def _choose_times(moments: Sequence[Moment], duration_s: float) -> list[float]:
    """Evenly spaced seconds; the best second of the best moment takes the place of the nearest."""
    times = [(number + 0.5) * duration_s / _FRAMES for number in range(_FRAMES)]
    if moments:
        peak_s = max(moments, key=lambda moment: moment.score).peak_s
        times[min(range(_FRAMES), key=lambda number: abs(times[number] - peak_s))] = peak_s
    return times
