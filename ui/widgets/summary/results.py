"""What the dialog of a summary shows: pictures, sentences or chapters, how much they cover, and downloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from core import Encoder, Filters, Item, Library, track_of
from core.errors import DataError, MediaError
from core.previews.thumbnails import make_storyboard, make_thumbnail
from core.share.chapters import format_ffmetadata, format_webvtt, format_youtube
from core.share.pages.summary import collection_page, video_summary_page
from core.share.summaries import collection_markdown, video_markdown
from core.summarize import (
    PictureSummary,
    Storyboard,
    TextSummary,
    read_stored_subtitles,
    summarize_collection,
    summarize_video,
)
from core.utils.timecode import format_timecode, format_timespan
from ui.jobs.work import run_queued
from ui.session.cache import get_cached
from ui.session.encoders import encoder_name, load_encoder
from ui.text import counted, percent, plain

_SIDE = 320  # pixels of pictures
_NARROWEST = 150  # pixels of a column
_EVEN = """<style>
.st-key-summary_grid img, .st-key-summary_frames img { height: 11rem; object-fit: contain; object-position: left; }
</style>"""


def show_collection(
    library: Library, encoder: Encoder, item_ids: Sequence[str] | None, folder: str | None, count: int, *, of: str
) -> None:
    """What covers items, kind by kind. item_ids: None for all, of a folder if one is given. of: what they are."""
    load_encoder(encoder)
    filters = Filters(folder=folder) if folder else None
    summary = _compute(
        "collection",
        (encoder.id, item_ids, folder, count),
        library.index(encoder),
        lambda: summarize_collection(library, encoder, item_ids, count=count, filters=filters),
    )
    st.html(_EVEN)
    if summary.pictures is not None:
        _show_pictures(summary.pictures)
    if summary.videos is not None:
        _show_storyboard(summary.videos)
    if summary.texts is not None:
        _show_texts(summary.texts, [Path(item.path).name for item in summary.documents])
    name = encoder_name(encoder.name)
    _downloads(
        "summary",
        {
            "Page (HTML)": (".html", lambda: collection_page(summary, library=of, encoder=name)),
            "Markdown": (".md", lambda: collection_markdown(summary, library=of)),
        },
    )


def _show_pictures(summary: PictureSummary) -> None:
    _say(f"{counted(len(summary.pictures), 'picture')} of {summary.count:,}", summary.covered, "as any two pictures")
    with st.grid(len(summary.pictures), min_column_width=_NARROWEST, key="summary_grid"):
        for one in summary.pictures:
            with st.container(gap="small"):
                _image(partial(make_thumbnail, one.item, side=_SIDE), Path(one.item.path).name)
                st.markdown(
                    f"**{plain(one.name or Path(one.item.path).name)}**  \n:gray[stands for {one.stands_for:,}]"
                )


def _show_storyboard(summary: Storyboard) -> None:
    frames = counted(len(summary.frames), "frame")
    _say(f"{frames} of {counted(summary.count, 'video')}", summary.covered, "as any two pictures")
    with st.grid(len(summary.frames), min_column_width=_NARROWEST, key="summary_frames"):
        for one in summary.frames:
            with st.container(gap="small"):
                _image(partial(make_thumbnail, one.item, side=_SIDE, time_s=one.at_s), Path(one.item.path).name)
                at = format_timecode(one.at_s)
                st.markdown(f"**{plain(Path(one.item.path).name)}**  \n:gray[{at}, stands for {percent(one.share)}]")


def _show_texts(summary: TextSummary, names: Sequence[str]) -> None:
    _say(f"{counted(len(summary.sentences), 'sentence')} of {summary.count:,}", summary.covered, "as unrelated ones")
    for sentence in summary.sentences:
        source = f"  \n:gray[{plain(names[sentence.document])}]" if len(names) > 1 else ""
        st.markdown(f"{plain(sentence.text)}{source}")


def show_video(library: Library, encoder: Encoder, video: Item, count: int) -> None:
    """Chapters of a video, each with the frame that is most like all of it."""
    load_encoder(encoder)
    index = library.index(encoder)
    summary = _compute(
        "video",
        (encoder.id, video.id, count),
        index,
        lambda: summarize_video(
            track_of(index, video.id),
            encoder,
            count=count,
            sentences=read_stored_subtitles(library, video.id),
            chance=index.baseline_cosine,
        ),
    )
    chapters = summary.chapters
    _say(f"{counted(len(summary.keyframes_s), 'frame')}, {counted(len(chapters), 'chapter')}", summary.covered,
         "as any two pictures of the library")  # fmt: skip
    pictures: list[bytes] = []
    with suppress(MediaError):
        pictures = make_storyboard(video, [chapter.keyframe_s for chapter in chapters], side=_SIDE)
    st.html(_EVEN)
    with st.grid(len(chapters), min_column_width=_NARROWEST, key="summary_grid"):
        for number, chapter in enumerate(chapters):
            with st.container(gap="small"):
                _image(partial(_get, pictures, number), chapter.title)
                times = format_timespan(chapter.start_s, chapter.end_s, within=summary.duration_s)
                st.markdown(f"**{plain(chapter.title)}**  \n:gray[{times}]")
    _downloads(
        Path(video.path).stem,
        {
            "Page (HTML)": (".html", lambda: video_summary_page(summary, video)),
            "Markdown": (".md", lambda: video_markdown(summary, name=Path(video.path).name)),
            "WebVTT": (".vtt", lambda: format_webvtt(chapters)),
            "ffmetadata": (".ffmeta", lambda: format_ffmetadata(chapters)),
        }
        | _offer_youtube(lambda: format_youtube(chapters)),
    )


def _compute(name: str, key: Any, state: object, work: Callable[[], Any]) -> Any:
    def compute() -> Any:
        with st.spinner("Summarizing …"), run_queued("Summarizing"):
            return work()

    return get_cached(f"summary of {name}", key, state, compute)


def _say(what: str, covered: float, least: str) -> None:
    st.markdown(
        f"**{what}**, which cover **{covered:.2f}** of all.",
        help=f"How near everything is to what stands for it: 0 is as near {least}, 1 is the same.",
    )


def _get(pictures: Sequence[bytes], number: int) -> bytes:
    return pictures[number] if pictures else b""


def _encode(make: Callable[[], str]) -> bytes:
    return make().encode()


def _image(make: Callable[[], bytes], name: str) -> None:
    try:
        data = make()
    except MediaError:
        data = b""
    if data:
        st.image(data, alt=name, width="stretch")
    else:
        st.caption(":material/broken_image: No picture")


def _offer_youtube(make: Callable[[], str]) -> dict[str, tuple[str, Callable[[], str]]]:
    """The list for YouTube, if it takes these chapters."""
    try:
        make()
    except DataError as error:
        st.caption(f":material/info: {plain(str(error))}")
        return {}
    return {"YouTube list": (".txt", make)}


def _downloads(stem: str, formats: dict[str, tuple[str, Callable[[], str]]]) -> None:
    with st.container(horizontal=True, key="summary downloads"):
        for label, (suffix, make) in formats.items():
            st.download_button(
                label, data=partial(_encode, make), file_name=f"{stem}{suffix}",
                icon=":material/download:", on_click="ignore", key=f"summary {label}",
            )  # fmt: skip
