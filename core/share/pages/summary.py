"""Summaries as pages in one file, see `core.share.pages.page`: sentences, a contact sheet, a storyboard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from core.library.schema import Item
from core.progress import SILENT, Task
from core.share.pages.groups import Group, GroupItem, Sheet, groups_page
from core.share.pages.page import Card, render, render_page
from core.share.pages.thumbnails import encode_images
from core.summarize.pictures import PictureSummary
from core.summarize.texts import TextSummary
from core.summarize.videos import VideoSummary
from core.utils.timecode import format_timecode, format_timespan

_SIDE = 240  # pixels of pictures
_READ_TEXTS = (
    "The sentences that say most, in the order of the text. What they cover is the mean similarity of all sentences "
    "with the nearest one here, 0 to 1."
)
_READ_PICTURES = (
    "A few pictures that cover all, each with what those that it stands for show, where a word fits. Together they "
    "cover {covered:.2f} of {count:,}: 0 is as near as any two of the library are, 1 is the same."
)
_READ_VIDEO = (
    "Chapters begin where the picture, or what is said, becomes something else. The frames of the storyboard cover "
    "{covered:.2f} of the video: 0 is as near as any two frames are, 1 is the same."
)


def text_summary_page(summary: TextSummary, *, names: Sequence[str]) -> str:
    """Sentences as HTML. names: of the documents."""
    by_document = groupby(summary.sentences, key=lambda sentence: sentence.document)
    documents = [
        {"name": names[number], "rows": [{"text": one.text, "where": one.place.where} for one in own]}
        for number, own in by_document
    ]
    facts = {
        "Sentences": f"{len(summary.sentences):,} of {summary.count:,}",
        "Covers": f"{summary.covered:.2f}",
        "Saved": datetime.now().strftime("%d %b %Y, %H:%M"),
    }
    body = render("sentences.html", documents=documents)
    return render_page(title="Summary", about=_READ_TEXTS, facts=facts, body=body)


def picture_summary_page(summary: PictureSummary, *, library: str, encoder: str, task: Task = SILENT) -> str:
    """A contact sheet as HTML. library, encoder: their names. Raises Cancelled."""
    items = [
        GroupItem(
            one.item,
            " · ".join(filter(None, [one.name, f"stands for {one.stands_for:,}"])),
            one.stands_for / summary.count,
        )
        for one in summary.pictures
    ]
    about = _READ_PICTURES.format(covered=summary.covered, count=summary.count)
    sheet = Sheet(f"{library} in {len(items)}", about, [Group("Pictures that stand for the rest", items)])
    return groups_page(sheet, library=library, encoder=encoder, task=task)


def video_summary_page(summary: VideoSummary, video: Item, *, task: Task = SILENT) -> str:
    """Chapters and storyboard as HTML. Raises Cancelled."""
    times = [*(chapter.keyframe_s for chapter in summary.chapters), *summary.keyframes_s]
    uris = iter(encode_images([(video, time_s) for time_s in times], side=_SIDE, task=task))
    chapters = [
        Card(chapter.title, next(uris), format_timespan(chapter.start_s, chapter.end_s)) for chapter in summary.chapters
    ]
    frames = [Card(format_timecode(time_s), next(uris)) for time_s in summary.keyframes_s]
    groups = [
        {"title": "Chapters", "count": f"{len(chapters):,}", "cards": chapters},
        {"title": "Storyboard", "count": f"{len(frames):,}", "cards": frames},
    ]
    facts = {
        "Length": format_timecode(summary.duration_s),
        "Covers": f"{summary.covered:.2f}",
        "Saved": datetime.now().strftime("%d %b %Y, %H:%M"),
    }
    about = _READ_VIDEO.format(covered=summary.covered)
    return render_page(title=Path(video.path).name, about=about, facts=facts, body=render("groups.html", groups=groups))
