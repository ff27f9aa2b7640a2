"""Finds the video, and the second in it, that a picture was taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from core import Encoder, Filters, Library, Term
from core.media.modalities import PICTURE
from core.progress import Task
from core.search.locate import Sighting, locate
from core.search.videos import VideoResult
from core.utils.timecode import format_timecode
from ui.button import pressed
from ui.components.gallery.gallery import picture_uri
from ui.jobs.work import run_queued
from ui.search.open_video import seek
from ui.session.encoders import load_encoder
from ui.session.state import get_state
from ui.text import counted, plain

_MOST = 5


@dataclass(slots=True)
class LocateState:
    """The last answer. key: what was looked for and where. unread: path -> why a video could not be searched."""

    key: object = None
    sightings: Sequence[Sighting] = ()
    unread: dict[str, str] = field(default_factory=dict)


def locate_panel(
    library: Library, encoder: Encoder, terms: Sequence[Term], filters: Filters, result: VideoResult
) -> None:
    """For a query of one picture: the button and its result. Raises QueryError."""
    if not _is_picture(library, terms):
        return
    key = (encoder.id, terms[0], filters, library.index(encoder))
    state = get_state(LocateState)
    if state.key == key:
        _answer(state.sightings, result)
        _unread(state.unread)
    elif pressed(
        "Find the video with this exact picture",
        key="locate",
        icon=":material/pinch_zoom_out:",
        help="Compares pixels, not meaning: finds the picture itself, also smaller, recompressed or cropped.",
    ):
        load_encoder(encoder)
        bar = st.progress(0.0, text="Comparing pictures …")
        unread: dict[str, str] = {}
        with run_queued("Comparing pictures"):
            sightings = locate(
                library,
                encoder,
                terms[0],
                filters=filters,
                on_unreadable=lambda item, why: unread.update({item.path: why}),
                task=Task(lambda now: bar.progress(now.fraction)),
            )
        state.key, state.sightings, state.unread = key, sightings, unread
        st.rerun()


def _is_picture(library: Library, terms: Sequence[Term]) -> bool:
    if len(terms) != 1 or terms[0].weight <= 0:
        return False
    if terms[0].kind == "item":
        item = library.item(str(terms[0].value))
        return item is not None and item.kind == PICTURE.name
    return terms[0].kind in ("image", "frame")


def _answer(found: Sequence[Sighting], result: VideoResult) -> None:
    if not found:
        st.info(
            "No video here contains this exact picture, as far as its frames show. Those below are similar.",
            icon=":material/search_off:",
        )
        return
    shown = {hit.item.id for hit in result.hits}
    with st.container(border=True, key="located"):
        videos = len({sighting.item.id for sighting in found})
        st.markdown(f"**{counted(videos, 'video')} {'contains' if videos == 1 else 'contain'} this picture**")
        for number, sighting in enumerate(found[:_MOST]):
            _sighting(number, sighting, playable=sighting.item.id in shown)


def _unread(unread: dict[str, str]) -> None:
    """Videos that could not be searched, with the reason."""
    if unread:
        st.caption(f":material/videocam_off: {counted(len(unread), 'video')} could not be read and may contain it:")
        for path, why in unread.items():
            st.caption(f"{plain(Path(path).name)}: {plain(why)}")


def _sighting(number: int, sighting: Sighting, *, playable: bool) -> None:
    item, time_s = sighting.item, sighting.time_s
    with st.container(horizontal=True, vertical_alignment="center"):
        picture = picture_uri(item, 160, time_s)
        if picture is not None:
            st.image(picture, width=72, alt="The frame")
        part = "the whole frame" if sighting.is_whole_image else "part of the frame"
        st.markdown(
            f"{plain(Path(item.path).name)} at **{format_timecode(time_s, within=0.0)}** "
            f":gray[{part}, pixel match {sighting.likeness:.2f}]"
        )
        if playable:
            key = f"sighting {number}"
            st.button("Play", key=key, icon=":material/play_circle:", on_click=seek, args=(item.id, time_s))
