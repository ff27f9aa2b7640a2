"""Which video is in the player, and at which second. The link holds both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.library.public.keyed_ids import seal, unseal
from core.search.videos import VideoHit
from ui.session.state import get_state


@dataclass(frozen=True, slots=True)
class OpenVideo:
    """The video in the player. asked: the query it was opened for. turn: grows with each seek."""

    asked: Any
    video: str
    time_s: float
    turn: int = 0


@dataclass(slots=True)
class PlayerState:
    """opened: the video in the player; None before the first search."""

    opened: OpenVideo | None = None


def find_open_video(hits: Sequence[VideoHit], request: Any) -> VideoHit:
    """The hit whose video is open: first the one of the link, then the one clicked, else the best one.

    request: what the hits answer; when it changes, the best hit opens at its best moment. Writes the link.
    """
    state = get_state(PlayerState)
    opened = state.opened or _from_link(request)
    found = next((hit for hit in hits if opened and opened.asked == request and hit.item.id == opened.video), None)
    if opened is None or found is None:
        found = hits[0]
        turn = opened.turn + 1 if opened else 0
        opened = OpenVideo(request, found.item.id, found.moments[0].enter_s, turn)
    state.opened = opened
    write_link()
    return found


def get_open_video() -> OpenVideo:
    """The video in the player, after `find_open_video`."""
    opened = get_state(PlayerState).opened
    assert opened is not None
    return opened


def seek(video: str, time_s: float) -> None:
    """Seek the player to a second of a video. For callbacks."""
    opened = get_open_video()
    get_state(PlayerState).opened = replace(opened, video=video, time_s=time_s, turn=opened.turn + 1)


def note_position(time_s: float) -> None:
    """Record the second the visitor moved the player to. For callbacks."""
    get_state(PlayerState).opened = replace(get_open_video(), time_s=time_s)


def write_link() -> None:
    """Write video and second into the address bar."""
    opened = get_open_video()
    for name, value in (("video", seal(opened.video)), ("t", f"{opened.time_s:.1f}")):
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def _from_link(request: Any) -> OpenVideo | None:
    video = unseal(st.query_params.get("video", ""))
    try:
        time_s = float(st.query_params.get("t", 0.0))
    except ValueError:
        time_s = 0.0
    return OpenVideo(request, video, max(0.0, time_s) if math.isfinite(time_s) else 0.0) if video else None
