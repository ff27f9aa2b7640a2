"""The player: one video element that seeks in the browser and reports its position without a reload."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from core import Item
from core.errors import MediaError
from core.library.public.handout import check_handed_out, get_playable
from core.library.public.keyed_ids import seal
from core.media.formats import get_mime_type
from core.media.isolated import plays_in_browsers
from core.media.places import Unsure
from core.previews.clips import PlayableClip, playable_clip
from core.previews.thumbnails import make_storyboard
from core.search.match_text import describe_match
from core.search.moments import Moment
from core.utils.timecode import format_timespan
from ui.components.gallery.gallery import RETRY
from ui.server.media_url import get_image_urls, get_media_url
from ui.server.state import once_each
from ui.session.state import get_state

LARGEST_WHOLE = 200_000_000  # bytes; the server holds what a browser plays in memory, so larger files are cut
_SAID = 90  # letters of what subtitles say at a moment
_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "semblance_player",
    html="<section><div class='name'></div><video controls playsinline preload='metadata'></video>"
    "<div class='under'><span class='where'></span><span class='note'></span></div><ol></ol></section>",
    css=(_FOLDER / "video_player.css").read_text(),
    js=RETRY + (_FOLDER / "video_player.js").read_text(),
)


@dataclass(frozen=True, slots=True)
class Source:
    """The address that the video element plays, and which part of the video it is (length_s None: all of it)."""

    address: str
    offset_s: float = 0.0
    length_s: float | None = None


@dataclass(slots=True)
class ClipState:
    """unplayable: ids of videos that this browser cannot play. clip: the last one that was cut, and of which item."""

    unplayable: set[str] = field(default_factory=set)
    clip_of: str = ""
    clip: PlayableClip | None = None


@dataclass(frozen=True, slots=True)
class Listeners:
    """Callbacks of the player. at: its position, in seconds. like, pictures: a second to search with."""

    at: Callable[[float], None]
    like: Callable[[float], None]
    pictures: Callable[[float], None]


def player(
    item: Item, *, time_s: float, turn: int, moments: Sequence[Moment] = (), on: Listeners | None = None, key: str
) -> None:
    """Show a video at a second, with its moments below. A new `turn` seeks again. Raises MediaError."""
    source = _source(item, time_s, key)
    length = item.duration_s or max((moment.end_s for moment in moments), default=0.0)
    pictures = frame_urls(item, [moment.peak_s for moment in moments], key=key)
    shown = [_shown(moment, length, picture) for moment, picture in zip(moments, pictures, strict=True)]

    def clicked(name: str, act: Callable[[float], None]) -> None:
        value = st.session_state[key].get(name)
        if isinstance(value, int | float):
            act(min(max(0.0, float(value)), length or float(value)))

    acts = on or Listeners(lambda _: None, lambda _: None, lambda _: None)
    _COMPONENT(
        key=key,
        data={
            "token": hashlib.blake2b(json.dumps(shown).encode(), digest_size=8).hexdigest(),
            "video": seal(item.id),
            "name": Path(item.path).name,
            "titled": on is not None,
            "src": source.address,
            "offset": source.offset_s,
            "length": source.length_s,
            "duration": length,
            "note": "" if source.length_s is None else "played in clips",
            "time": time_s,
            "turn": turn,
            "moments": shown,
        },
        on_at_change=lambda: clicked("at", acts.at),
        on_beyond_change=lambda: clicked("beyond", acts.at),
        on_like_change=lambda: clicked("like", acts.like),
        on_pictures_change=lambda: clicked("pictures", acts.pictures),
        on_unplayable_change=lambda: _note_unplayable(item.id),
    )


def frame_urls(item: Item, times_s: Sequence[float], *, key: str) -> list[str | None]:
    """Addresses of frames of a video, for the element of this key; None for each if the file cannot be read."""
    try:
        return get_image_urls(make_storyboard(item, times_s), key)
    except MediaError:
        return [None] * len(times_s)


def _source(item: Item, time_s: float, key: str) -> Source:
    """The file itself if browsers play it, or else a clip around that second."""
    state, path = get_state(ClipState), Path(item.path)
    if not path.is_file():
        raise MediaError("The file is missing.")
    check_handed_out(item)
    whole = item.bytes <= LARGEST_WHOLE and item.id not in state.unplayable
    if whole and _plays(item.path, item.mtime_ns):
        with suppress(Unsure):  # a clip that is cut tells no place
            return Source(get_media_url(get_playable(item), get_mime_type(path) or "video/mp4", key))
    clip = state.clip
    if clip is None or state.clip_of != item.id or not 0 <= time_s - clip.offset_s < clip.duration_s:
        with st.spinner("Cutting a clip …"):
            clip = state.clip = playable_clip(item, time_s)
        state.clip_of = item.id
    return Source(get_media_url(clip.data, "video/mp4", key), clip.offset_s, clip.duration_s)


@once_each(most=512)
def _plays(path: str, mtime_ns: int) -> bool:
    """Whether browsers play the file as it is; cached per version of the file."""
    return plays_in_browsers(Path(path))


def _note_unplayable(item_id: str) -> None:
    """Record that this visitor's browser could not play the file: from now on it gets clips."""
    get_state(ClipState).unplayable.add(item_id)


def _shown(moment: Moment, duration_s: float, picture: str | None) -> dict[str, Any]:
    return {
        "enter": round(moment.enter_s, 2),
        "start": round(moment.start_s, 2),
        "end": round(moment.end_s, 2),
        "peak": round(moment.peak_s, 2),
        "label": format_timespan(moment.start_s, moment.end_s, within=duration_s),
        "chance": describe_match(moment) or f"cosine {moment.score:.2f}",
        "certain": moment.is_certain,
        "said": textwrap.shorten(moment.said, _SAID, placeholder=" …"),
        "src": picture,
    }
